-- What these roles ($1) own: in this database by name, in the others counted.
select
    'owned-objects' as item,
    case
        when here.name is null then format('role %I owns objects in database %s', owner.rolname, coalesce(quote_ident(d.datname), '?'))
        else format('role %I owns %s', owner.rolname, here.name)
    end as seen,
    case
        when owner.oid = 10 then ''
        when here.name is null then format('-- in database %s: reassign owned by %I to ANOTHER_ROLE;', coalesce(quote_ident(d.datname), '?'), owner.rolname)
        else format('reassign owned by %I to current_user;', owner.rolname)
    end as mend
from pg_catalog.pg_shdepend as dependency
join pg_catalog.pg_roles as owner on owner.oid = dependency.refobjid
left join pg_catalog.pg_database as d on d.oid = dependency.dbid
cross join lateral (
    select case
        when dependency.dbid in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
            then pg_catalog.pg_describe_object(dependency.classid, dependency.objid, dependency.objsubid)
    end as name
) as here
where dependency.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
  and dependency.deptype = 'o'
  and dependency.refobjid = any ($1::oid[])
group by owner.oid, owner.rolname, d.datname, here.name
order by 2
