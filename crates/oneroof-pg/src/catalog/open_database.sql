-- The statement that opens database $1 for connections, or closes it.
select format('alter database %I with allow_connections %s', $1::text, case when $2::boolean then 'true' else 'false' end) as statement
