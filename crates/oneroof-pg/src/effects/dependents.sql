-- Objects that depend on the asked ones ($1 catalogs, $2 OIDs) and are none of them: their definitions may name them. Parts
-- count for the object that they belong to, row types for their table. It runs while a tier holds its locks, and so asks by
-- index only.
with
asked as materialized (
    select o.oid, ('pg_catalog.' || quote_ident(o.class))::regclass::oid as catalog
      from unnest($1::text[], $2::oid[]) as o (class, oid)
),
named as materialized (
    select a.catalog, a.oid from asked as a
    union
    select 'pg_catalog.pg_type'::regclass, t.oid
      from asked as a
      join pg_catalog.pg_class as c on c.oid = a.oid
      join pg_catalog.pg_type as row_type on row_type.oid = c.reltype
     cross join lateral (values (row_type.oid), (row_type.typarray)) as t (oid)
     where a.catalog = 'pg_catalog.pg_class'::regclass
),
found as materialized (
    select distinct d.classid, d.objid
      from named as n
      join pg_catalog.pg_depend as d on d.refclassid = n.catalog and d.refobjid = n.oid
     where d.deptype <> 'e'
       and d.objid >= 16384
),
whole as (
    select 'pg_catalog.pg_class'::regclass::oid as catalog, r.ev_class as oid
      from found as f join pg_catalog.pg_rewrite as r on r.oid = f.objid where f.classid = 'pg_catalog.pg_rewrite'::regclass
    union
    select 'pg_catalog.pg_class'::regclass, k.conrelid
      from found as f join pg_catalog.pg_constraint as k on k.oid = f.objid where f.classid = 'pg_catalog.pg_constraint'::regclass
    union
    select 'pg_catalog.pg_type'::regclass, k.contypid
      from found as f join pg_catalog.pg_constraint as k on k.oid = f.objid where f.classid = 'pg_catalog.pg_constraint'::regclass
    union
    select 'pg_catalog.pg_class'::regclass, d.adrelid
      from found as f join pg_catalog.pg_attrdef as d on d.oid = f.objid where f.classid = 'pg_catalog.pg_attrdef'::regclass
    union
    select 'pg_catalog.pg_class'::regclass, t.tgrelid
      from found as f join pg_catalog.pg_trigger as t on t.oid = f.objid where f.classid = 'pg_catalog.pg_trigger'::regclass
    union
    select 'pg_catalog.pg_class'::regclass, p.polrelid
      from found as f join pg_catalog.pg_policy as p on p.oid = f.objid where f.classid = 'pg_catalog.pg_policy'::regclass
    union
    select 'pg_catalog.pg_class'::regclass, i.indrelid
      from found as f join pg_catalog.pg_index as i on i.indexrelid = f.objid where f.classid = 'pg_catalog.pg_class'::regclass
    union
    select f.classid, f.objid from found as f
)
select catalog.relname::text, whole.oid
  from whole
  join pg_catalog.pg_class as catalog on catalog.oid = whole.catalog
 where whole.oid >= 16384
   and not exists (select from asked as own where own.catalog = whole.catalog and own.oid = whole.oid)
 order by 1, 2
