-- axis_assignment: rows of the change go, rows that it changed or removed are as they were.

-- What it closed no longer points at what goes.
update axis_assignment
set superseded_by = null
where superseded_by in (
    select a.assignment_id
    from axis_assignment as a
    where a.created_by = current_setting('oneroof.release_tag', true));

delete from axis_assignment
where created_by = current_setting('oneroof.release_tag', true);

update axis_assignment as t
set (
        object_type, object_ref, axis_code, value_code, zone, match_score, confidence, provenance,
        evidence, assigned_kind, assigned_at, valid_from, valid_to, revision, superseded_by, status,
        created_at, created_by
    ) = row (
        r.object_type, r.object_ref, r.axis_code, r.value_code, r.zone, r.match_score, r.confidence,
        r.provenance, r.evidence, r.assigned_kind, r.assigned_at, r.valid_from, r.valid_to,
        r.revision, r.superseded_by, r.status, r.created_at, r.created_by
    )
from jsonb_populate_recordset(
         null::axis_assignment,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_assignment') as r
where r.assignment_id = t.assignment_id;

insert into axis_assignment (
    assignment_id, object_type, object_ref, axis_code, value_code, zone, match_score, confidence,
    provenance, evidence, assigned_kind, assigned_at, valid_from, valid_to, revision, superseded_by,
    status, created_at, created_by
)
overriding system value
select
    r.assignment_id, r.object_type, r.object_ref, r.axis_code, r.value_code, r.zone, r.match_score,
    r.confidence, r.provenance, r.evidence, r.assigned_kind, r.assigned_at, r.valid_from,
    r.valid_to, r.revision, r.superseded_by, r.status, r.created_at, r.created_by
from jsonb_populate_recordset(
         null::axis_assignment,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_assignment') as r
where not exists (
    select
    from axis_assignment as t
    where r.assignment_id = t.assignment_id);
