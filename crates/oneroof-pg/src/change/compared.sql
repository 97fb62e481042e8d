-- Every collection that has a topic, against its labels, with the decision on it.
select jsonb_build_object(
    'coll', r.coll,
    'topic', r.topic_value,
    'zone', r.zone,
    'has_owner', r.has_owner,
    'topic_labels', r.topic_labels,
    'rule_labels', r.rule_labels,
    'base_flag', r.base_flag,
    'flag', r.flag,
    'fingerprint', r.evidence_fingerprint,
    'decision', r.decision_id,
    'active', (
        select jsonb_build_object(
            'id', d.decision_id,
            'kind', d.decision_kind,
            'by', d.decided_by,
            'at', to_char(d.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'fingerprint', d.evidence_fingerprint
        )
        from topic_label_reconcile_decision as d
        where d.coll = r.coll
          and d.topic_value = r.topic_value
          and d.status = 'active'
    ),
    'newest', (
        select max(d.decision_id)
        from topic_label_reconcile_decision as d
        where d.coll = r.coll
          and d.topic_value = r.topic_value
    )
)
from v_reconcile_collection_topic_vs_label as r
order by r.coll, r.topic_value
