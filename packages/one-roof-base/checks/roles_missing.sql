-- Roles that the package needs and never makes: they belong to the cluster. Detail: the lines that make them.
select
    count(*),
    string_agg(format('create role %I nologin', r.role_name), '; ' order by r.role_name)
from unnest(array['one_roof_owner', 'one_roof_reader', 'one_roof_operator']) as r (role_name)
where not exists (
    select
    from pg_catalog.pg_roles as p
    where p.rolname = r.role_name
)
