-- Relations and functions of this database that are not the system's, and what each of them reads when it is used:
-- relations and functions, by OID. What is `always` so is there in any scope.
with
member as (
    select d.classid, d.objid
      from pg_catalog.pg_depend as d
     where d.refclassid = 'pg_catalog.pg_extension'::regclass
       and d.deptype = 'e'
),
part (relation, classid, objid) as (
    -- what hangs on a relation and is used with it
    select w.ev_class, 'pg_catalog.pg_rewrite'::regclass, w.oid from pg_catalog.pg_rewrite as w
    union all
    select t.tgrelid, 'pg_catalog.pg_trigger'::regclass, t.oid from pg_catalog.pg_trigger as t
    union all
    select p.polrelid, 'pg_catalog.pg_policy'::regclass, p.oid from pg_catalog.pg_policy as p
    union all
    select f.adrelid, 'pg_catalog.pg_attrdef'::regclass, f.oid from pg_catalog.pg_attrdef as f
    union all
    select k.conrelid, 'pg_catalog.pg_constraint'::regclass, k.oid from pg_catalog.pg_constraint as k where k.conrelid <> 0 and k.contype <> 'f'
    union all
    select i.indrelid, 'pg_catalog.pg_class'::regclass, i.indexrelid from pg_catalog.pg_index as i
),
uses (relation, used_class, used) as (
    select part.relation, d.refclassid, d.refobjid
      from part
      join pg_catalog.pg_depend as d on d.classid = part.classid and d.objid = part.objid
     where d.refclassid in ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass)
    union all
    -- rows of what inherits, and of what foreign keys refer to
    select i.inhparent, 'pg_catalog.pg_class'::regclass, i.inhrelid from pg_catalog.pg_inherits as i
    union all
    select k.conrelid, 'pg_catalog.pg_class'::regclass, k.confrelid from pg_catalog.pg_constraint as k where k.contype = 'f'
)
select false                                          as is_function,
       c.oid,
       n.nspname::text                                as schema,
       c.relname::text                                as name,
       format('%I.%I', n.nspname, c.relname)          as identity,
       c.relkind in ('r', 'm')                        as has_rows,
       n.nspname = 'oneroof' or exists (select from member as m where m.classid = 'pg_catalog.pg_class'::regclass and m.objid = c.oid) as always,
       null::text                                     as definition,
       array(select u.used from uses as u
              where u.relation = c.oid and u.used_class = 'pg_catalog.pg_class'::regclass and u.used <> c.oid) as relations,
       array(select u.used from uses as u
              where u.relation = c.oid and u.used_class = 'pg_catalog.pg_proc'::regclass)                      as functions
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v', 'm', 'f')
   and n.nspname !~ '^pg_'
   and n.nspname <> 'information_schema'
union all
select true,
       p.oid,
       n.nspname::text,
       p.proname::text,
       format('%I.%I', n.nspname, p.proname),
       false,
       exists (select from pg_catalog.pg_event_trigger as e where e.evtfoid = p.oid and e.evtenabled <> 'D'),
       case when p.prokind in ('f', 'p') and l.lanname in ('sql', 'plpgsql') then pg_catalog.pg_get_functiondef(p.oid) end,
       array(select d.refobjid from pg_catalog.pg_depend as d
              where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_catalog.pg_class'::regclass),
       array(select d.refobjid from pg_catalog.pg_depend as d
              where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_catalog.pg_proc'::regclass)
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  join pg_catalog.pg_language as l on l.oid = p.prolang
 where n.nspname !~ '^pg_'
   and n.nspname <> 'information_schema'
   and not exists (select from member as m where m.classid = 'pg_catalog.pg_proc'::regclass and m.objid = p.oid)
