-- The search path of a transaction: the package's schema alone, or what the session has.
select case
    when $1::text is null then current_setting('search_path')
    else format('%I, pg_temp', $1::text)
end
