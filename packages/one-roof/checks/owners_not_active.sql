-- Active accountable rows of agencies that are not active, over both stores.
select count(*),
       string_agg(distinct g.code || ' ' || g.status, ', ')
from (
    select o.owner_gov_code
    from governance_object_ownership o
    where o.owner_kind = 'accountable'
      and o.lifecycle_status = 'active'
    union all
    select o.owner_gov_code
    from axis_object_ownership o
    where o.owner_kind = 'accountable'
      and o.lifecycle_status = 'active'
) o
join governance_registry g
  on g.code = o.owner_gov_code
where g.status <> 'active'
