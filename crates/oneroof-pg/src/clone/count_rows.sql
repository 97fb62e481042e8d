-- The statement that counts the rows of table $1 (quoted and qualified): those of its partitions, not those of its heirs.
select format('select count(*) from %s%I.%I', case when c.relkind = 'p' then '' else 'only ' end, n.nspname, c.relname) as statement
  from (select pg_catalog.parse_ident($1::text)) as names (parts)
  join pg_catalog.pg_namespace as n on n.nspname = names.parts[1]
  join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = names.parts[2]
