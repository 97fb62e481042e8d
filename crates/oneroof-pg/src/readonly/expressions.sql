-- Expressions that reading these relations evaluates (policies, virtual generated columns), and those that planning
-- may evaluate in advance (only where they use a function or operator that is not PostgreSQL's own).
select p.polrelid as relation_oid, 'policy' as kind, p.polname::text as name, pg_get_expr(p.polqual, p.polrelid) as text
from pg_policy as p
join pg_class as c on c.oid = p.polrelid
where p.polrelid = any ($1::oid[])
  and c.relrowsecurity
  and p.polcmd in ('r', '*')
  and p.polqual is not null
union all
select a.attrelid, 'computed', a.attname::text, pg_get_expr(d.adbin, d.adrelid)
from pg_attribute as a
join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = any ($1::oid[]) and a.attgenerated = 'v'
union all
select k.conrelid, 'planned', k.conname::text, pg_get_expr(k.conbin, k.conrelid)
from pg_constraint as k
where k.conrelid = any ($1::oid[]) and k.contype = 'c'
  and exists (
      select
      from pg_depend as d
      where d.classid = 'pg_constraint'::regclass and d.objid = k.oid
        and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
        and d.refobjid >= 16384
  )
union all
select i.indrelid, 'planned', x.relname::text, expression.text
from pg_index as i
join pg_class as x on x.oid = i.indexrelid
cross join lateral (
    values (pg_get_expr(i.indexprs, i.indrelid)), (pg_get_expr(i.indpred, i.indrelid))
) as expression (text)
where i.indrelid = any ($1::oid[]) and expression.text is not null
  and exists (
      select
      from pg_depend as d
      where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
        and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
        and d.refobjid >= 16384
  )
union all
select s.stxrelid, 'planned', s.stxname::text, pg_get_expr(s.stxexprs, s.stxrelid)
from pg_statistic_ext as s
where s.stxrelid = any ($1::oid[]) and s.stxexprs is not null
  and exists (
      select
      from pg_depend as d
      where d.classid = 'pg_statistic_ext'::regclass and d.objid = s.oid
        and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
        and d.refobjid >= 16384
  )
union all
select t.partrelid, 'planned', 'its partition key', pg_get_expr(t.partexprs, t.partrelid)
from pg_partitioned_table as t
where t.partrelid = any ($1::oid[]) and t.partexprs is not null
  and exists (
      select
      from pg_depend as d
      where d.classid = 'pg_class'::regclass and d.objid = t.partrelid
        and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
        and d.refobjid >= 16384
  )
order by 1, 2, 3, 4
