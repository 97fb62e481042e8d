-- As existing.sql, for objects that are known by what they are ($1) and their full names ($2). Names of routines are compared
-- and not cast: a cast fails where a type of their arguments is not there.
select wanted.place::int4, found.class, found.oid, there.type, there.identity, pg_catalog.pg_get_userbyid(found.owner)::text
  from unnest($1::text[], $2::text[]) with ordinality as wanted (kind, identity, place)
 cross join lateral (
       select 'pg_class' as class, c.oid, c.relowner as owner
         from pg_catalog.pg_class as c
        where wanted.kind in ('table', 'view', 'materialized view', 'sequence', 'foreign table')
          and c.oid = to_regclass(wanted.identity)
       union all
       select 'pg_proc', p.oid, p.proowner
         from pg_catalog.pg_proc as p
         join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        where wanted.kind in ('function', 'procedure', 'aggregate')
          and p.oid >= 16384
          and starts_with(wanted.identity, format('%I.%I(', n.nspname, p.proname))
          and (pg_catalog.pg_identify_object('pg_catalog.pg_proc'::regclass, p.oid, 0)).identity = wanted.identity
       union all
       select 'pg_type', t.oid, t.typowner
         from pg_catalog.pg_type as t
         join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
        where wanted.kind in ('type', 'composite type')
          and t.oid >= 16384
          and format('%I.%I', n.nspname, t.typname) = wanted.identity
       union all
       select 'pg_namespace', n.oid, n.nspowner
         from pg_catalog.pg_namespace as n
        where wanted.kind = 'schema'
          and n.oid = to_regnamespace(wanted.identity)) as found
 cross join lateral pg_catalog.pg_identify_object(('pg_catalog.' || found.class)::regclass::oid, found.oid, 0) as there
 order by wanted.place
