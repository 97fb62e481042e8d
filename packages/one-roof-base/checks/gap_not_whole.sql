-- While nobody owns anything each cell must be a gap. As soon as an ownership row exists the gap is the business
-- of the release that wrote it.
select
    case
        when exists (select from governance_object_ownership) then 0
        else abs(f.gap - f.objects * f.scopes)
    end,
    format('%s objects x %s scopes, gap %s', f.objects, f.scopes, f.gap)
from (
    select
        (select count(*) from v_object_owner_gap)                                               as gap,
        (select count(*) from v_governance_object_inventory where born and requires_owner)      as objects,
        (select count(*) from governance_responsibility_scope where status = 'active')          as scopes
) as f
