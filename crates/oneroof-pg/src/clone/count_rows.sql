-- The statement that counts the rows of table $1 (quoted and qualified), those of its children apart.
select format('select count(*) from only %I.%I', names.parts[1], names.parts[2]) as statement
  from (select pg_catalog.parse_ident($1::text)) as names (parts)
