-- topic_label_reconcile_decision: rows of the change go, rows that it changed or removed are as they were.

delete from topic_label_reconcile_decision
where tag = current_setting('oneroof.release_tag', true);

update topic_label_reconcile_decision as t
set (
        coll, axis_code, topic_value, decision_kind, rationale, evidence_fingerprint, decided_by,
        decided_at, status, approval_ref, tag
    ) = row (
        r.coll, r.axis_code, r.topic_value, r.decision_kind, r.rationale, r.evidence_fingerprint,
        r.decided_by, r.decided_at, r.status, r.approval_ref, r.tag
    )
from jsonb_populate_recordset(
         null::topic_label_reconcile_decision,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'topic_label_reconcile_decision') as r
where r.decision_id = t.decision_id;

insert into topic_label_reconcile_decision (
    decision_id, coll, axis_code, topic_value, decision_kind, rationale, evidence_fingerprint,
    decided_by, decided_at, status, approval_ref, tag
)
overriding system value
select
    r.decision_id, r.coll, r.axis_code, r.topic_value, r.decision_kind, r.rationale,
    r.evidence_fingerprint, r.decided_by, r.decided_at, r.status, r.approval_ref, r.tag
from jsonb_populate_recordset(
         null::topic_label_reconcile_decision,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'topic_label_reconcile_decision') as r
where not exists (
    select
    from topic_label_reconcile_decision as t
    where r.decision_id = t.decision_id);
