-- The statement that lets sessions into database $1.
select format('alter database %I with allow_connections true', $1::text) as statement
