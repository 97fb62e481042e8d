-- The triggers that somebody made, on tables and views outside the system's schemas.
select t.tgname::text as name, n.nspname::text as schema, c.relname::text as on_relation,
       format('%s on %s', quote_ident(t.tgname), format('%I.%I', n.nspname, c.relname)) as identity
  from pg_catalog.pg_trigger as t
  join pg_catalog.pg_class as c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where not t.tgisinternal
   and t.tgparentid = 0
   and n.nspname !~ '^pg_'
   and n.nspname not in ('information_schema', 'oneroof')
 order by 4
