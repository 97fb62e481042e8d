-- Each agency that owns something: the rows in effect, those of groups included.
with owned as materialized (
    select
        e.owner_gov_code,
        count(*)                                           as total,
        count(*) filter (where e.resolution = 'direct')    as direct,
        count(*) filter (where e.resolution = 'inherited') as inherited
    from v_object_effective_owner as e
    group by e.owner_gov_code
)
select jsonb_build_object(
    'owner',     o.owner_gov_code,
    'name',      g.name,
    'status',    g.status,
    'total',     o.total,
    'direct',    o.direct,
    'inherited', o.inherited
)
from owned as o
join governance_registry as g
    on g.code = o.owner_gov_code
order by o.total desc, o.owner_gov_code
