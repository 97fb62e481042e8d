-- Open stored findings by the agencies that are accountable for the object, in any scope. An object with two
-- agencies counts for both; one without any has the owner null.
--
-- Findings and owners are put on one heap and grouped, because a join of the two views may be planned as a nested
-- loop.
with object as (
    select
        h.object_type,
        h.object_ref,
        sum(h.critical)                                                   as critical,
        sum(h.warning)                                                    as warning,
        sum(h.info)                                                       as info,
        array_agg(distinct h.owner) filter (where h.owner is not null)    as owners
    from (
        select
            f.object_type,
            f.object_ref,
            (f.severity = 'critical')::integer as critical,
            (f.severity = 'warning')::integer  as warning,
            (f.severity = 'info')::integer     as info,
            null::text                         as owner
        from v_ui_detector_findings as f
        union all
        select e.object_type, e.object_ref, 0, 0, 0, e.owner_gov_code
        from v_object_effective_owner as e
    ) as h
    group by h.object_type, h.object_ref
    having sum(h.critical) + sum(h.warning) + sum(h.info) > 0
)
select jsonb_build_object(
    'owner',    w.owner,
    'objects',  count(*),
    'critical', sum(o.critical),
    'warning',  sum(o.warning),
    'info',     sum(o.info)
)
from object as o
cross join lateral unnest(coalesce(o.owners, array[null::text])) as w (owner)
group by w.owner
order by sum(o.critical) desc, sum(o.warning) desc, sum(o.info) desc, w.owner collate "C"
