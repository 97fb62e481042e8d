-- Which of these are there: classes ($1: relation, type or schema), schemas ($2; null: where a new object would be made) and
-- names ($3). Gives the place in the lists, the object's catalog and OID, what it is, and its owner.
select wanted.place::int4, found.class, found.oid, there.type, there.identity, pg_catalog.pg_get_userbyid(found.owner)::text
  from unnest($1::text[], $2::text[], $3::text[]) with ordinality as wanted (class, schema, name, place)
 cross join lateral (
       select 'pg_class' as class, c.oid, c.relowner as owner
         from pg_catalog.pg_class as c
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where wanted.class = 'relation'
          and n.nspname = coalesce(wanted.schema, pg_catalog.current_schema())
          and c.relname = wanted.name
       union all
       select 'pg_type', t.oid, t.typowner
         from pg_catalog.pg_type as t
         join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
        where wanted.class = 'type'
          and n.nspname = coalesce(wanted.schema, pg_catalog.current_schema())
          and t.typname = wanted.name
          and t.typrelid = 0
       union all
       select 'pg_namespace', n.oid, n.nspowner
         from pg_catalog.pg_namespace as n
        where wanted.class = 'schema'
          and n.nspname = wanted.name) as found
 cross join lateral pg_catalog.pg_identify_object(('pg_catalog.' || found.class)::regclass::oid, found.oid, 0) as there
 order by wanted.place
