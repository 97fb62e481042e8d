-- The order in which PostgreSQL goes through what belongs to a table, where that is not the order of names: its indexes
-- by OID (which unique one speaks first), its foreign keys by the names of their triggers, which hold an OID.
with own as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as name
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm')
       and n.nspname not in ('pg_catalog', 'information_schema', 'oneroof')
       and n.nspname !~ '^pg_(toast|temp)'
)
select own.name as table_name, 'indexes' as kind, array_agg(i.relname::text order by i.oid) as names
  from own
  join pg_catalog.pg_index as x on x.indrelid = own.oid
  join pg_catalog.pg_class as i on i.oid = x.indexrelid
 group by own.name
having count(*) > 1
union all
select own.name, case f.side when 'c' then 'foreign keys' else 'foreign keys to it' end,
       array_agg(f.name order by f.first_trigger collate "C")
  from own
  join (select t.tgrelid, k.conname::text as name, min(t.tgname::text collate "C") as first_trigger,
               case when t.tgrelid = k.conrelid and t.tgname ~ '_c_' then 'c' else 'a' end as side
          from pg_catalog.pg_trigger as t
          join pg_catalog.pg_constraint as k on k.oid = t.tgconstraint and k.contype = 'f'
         group by 1, 2, 4) as f on f.tgrelid = own.oid
 group by own.name, f.side
having count(*) > 1
 order by 1, 2
