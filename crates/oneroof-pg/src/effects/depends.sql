-- Dependencies between whole objects: what belongs to a table, a type or another object (columns, indexes, constraints,
-- defaults, triggers, rules, policies, row types, arrays) counts for it. The beginning of two queries; $1 catalogs, $2 OIDs of
-- objects, whose place in these lists is their number.
with
asked as materialized (
    select o.place, o.oid, ('pg_catalog.' || quote_ident(o.class))::regclass::oid as catalog
      from unnest($1::text[], $2::oid[]) with ordinality as o (class, oid, place)
),
part (catalog, oid, owner_catalog, owner) as materialized (
    select 'pg_catalog.pg_rewrite'::regclass::oid, r.oid, 'pg_catalog.pg_class'::regclass::oid, r.ev_class from pg_catalog.pg_rewrite as r
    union all
    select 'pg_catalog.pg_constraint'::regclass, k.oid, 'pg_catalog.pg_class'::regclass, k.conrelid from pg_catalog.pg_constraint as k where k.conrelid <> 0
    union all
    select 'pg_catalog.pg_constraint'::regclass, k.oid, 'pg_catalog.pg_type'::regclass, k.contypid from pg_catalog.pg_constraint as k where k.contypid <> 0
    union all
    select 'pg_catalog.pg_attrdef'::regclass, d.oid, 'pg_catalog.pg_class'::regclass, d.adrelid from pg_catalog.pg_attrdef as d
    union all
    select 'pg_catalog.pg_trigger'::regclass, t.oid, 'pg_catalog.pg_class'::regclass, t.tgrelid from pg_catalog.pg_trigger as t
    union all
    select 'pg_catalog.pg_policy'::regclass, p.oid, 'pg_catalog.pg_class'::regclass, p.polrelid from pg_catalog.pg_policy as p
    union all
    select 'pg_catalog.pg_class'::regclass, i.indexrelid, 'pg_catalog.pg_class'::regclass, coalesce(big.oid, i.indrelid)
      from pg_catalog.pg_index as i
      left join pg_catalog.pg_class as big on big.reltoastrelid = i.indrelid
    union all
    select 'pg_catalog.pg_class'::regclass, c.reltoastrelid, 'pg_catalog.pg_class'::regclass, c.oid from pg_catalog.pg_class as c where c.reltoastrelid <> 0
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid, 'pg_catalog.pg_class'::regclass, t.typrelid
      from pg_catalog.pg_type as t join pg_catalog.pg_class as c on c.oid = t.typrelid
    union all
    select 'pg_catalog.pg_type'::regclass, element.typarray, case element.typrelid when 0 then 'pg_catalog.pg_type'::regclass else 'pg_catalog.pg_class'::regclass end,
           case element.typrelid when 0 then element.oid else element.typrelid end
      from pg_catalog.pg_type as element where element.typarray <> 0 and element.typtype <> 'm'
    union all
    select 'pg_catalog.pg_type'::regclass, multi.oid, 'pg_catalog.pg_type'::regclass, g.rngtypid
      from pg_catalog.pg_range as g
      join pg_catalog.pg_type as multi on multi.oid = g.rngmultitypid
    union all
    select 'pg_catalog.pg_type'::regclass, multi.typarray, 'pg_catalog.pg_type'::regclass, g.rngtypid
      from pg_catalog.pg_range as g
      join pg_catalog.pg_type as multi on multi.oid = g.rngmultitypid
    union all
    select 'pg_catalog.pg_amop'::regclass, o.oid, 'pg_catalog.pg_opfamily'::regclass, o.amopfamily from pg_catalog.pg_amop as o
    union all
    select 'pg_catalog.pg_amproc'::regclass, p.oid, 'pg_catalog.pg_opfamily'::regclass, p.amprocfamily from pg_catalog.pg_amproc as p
),
dependency as materialized (
    select coalesce(one.owner_catalog, d.classid) as catalog, coalesce(one.owner, d.objid) as oid,
           coalesce(other.owner_catalog, d.refclassid) as on_catalog, coalesce(other.owner, d.refobjid) as on_oid,
           -- dropped without a word together with the other one, as a whole: the triggers of a foreign key are parts
           bool_or(d.deptype in ('a', 'i', 'P', 'S') and one.owner is null) as goes_with_it
      from pg_catalog.pg_depend as d
      left join part as one on one.catalog = d.classid and one.oid = d.objid
      left join part as other on other.catalog = d.refclassid and other.oid = d.refobjid
     where d.deptype <> 'e'
     group by 1, 2, 3, 4
)
