-- Collections with a topic against the labels of their rules, with the decisions on them.
select jsonb_build_object(
    'collection',   r.coll,
    'topic',        r.topic_value,
    'zone',         r.zone,
    'has_owner',    r.has_owner,
    'topic_labels', r.topic_labels,
    'topic_facets', r.topic_facets,
    'rule_labels',  r.rule_labels,
    'rule_facets',  r.rule_facets,
    'base_flag',    r.base_flag,
    'flag',         r.flag,
    'fingerprint',  r.evidence_fingerprint,
    'decision',     d.fitting,
    'outdated',     coalesce(d.outdated, '[]')
)
from v_reconcile_collection_topic_vs_label as r
cross join lateral (
    select
        jsonb_agg(x.decision) filter (where x.decision_id = r.decision_id) -> 0                  as fitting,
        jsonb_agg(x.decision) filter (where x.decision_id is distinct from r.decision_id)        as outdated
    from (
        select
            t.decision_id,
            jsonb_build_object(
                'id',           t.decision_id,
                'kind',         t.decision_kind,
                'rationale',    t.rationale,
                'decided_by',   t.decided_by,
                'decided_at',   to_char(t.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'approval_ref', t.approval_ref,
                'fingerprint',  t.evidence_fingerprint
            ) as decision
        from topic_label_reconcile_decision as t
        where t.coll = r.coll
          and t.topic_value = r.topic_value
          and t.status = 'active'
    ) as x
) as d
where not $1::boolean
   or (r.decision_id is null and r.flag <> 'consistent')
order by r.coll, r.topic_value
