-- The statement that marks database $1 with the JSON text $2, and the one that takes the mark away.
select format('alter database %I set oneroof.mark = %L', $1::text, $2::text) as write_mark,
       format('alter database %I reset oneroof.mark', $1::text)              as remove_mark
