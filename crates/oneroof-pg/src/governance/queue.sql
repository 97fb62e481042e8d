-- What waits for a person, the worst first, and by object, so that pages show one thing in one place.
select jsonb_build_object(
    'item_kind',   q.item_kind,
    'severity',    q.severity,
    'object_type', q.object_type,
    'object_ref',  q.object_ref,
    'axis',        q.axis_code,
    'value',       q.value_code,
    'reason',      q.reason
)
from v_ui_review_queue as q
order by
    min(case q.severity when 'critical' then 1 when 'warning' then 2 else 3 end)
        over (partition by q.object_type, q.object_ref),
    q.object_type collate "C",
    q.object_ref collate "C",
    case q.severity when 'critical' then 1 when 'warning' then 2 else 3 end,
    q.item_kind,
    q.axis_code,
    q.value_code
