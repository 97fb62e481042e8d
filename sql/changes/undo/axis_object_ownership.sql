-- axis_object_ownership: rows of the change go, rows that it changed or removed are as they were.

delete from axis_object_ownership
where created_by = current_setting('oneroof.release_tag', true);

update axis_object_ownership as t
set (
        object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance,
        approval_ref, effective_from, effective_to, lifecycle_status, supersedes_id, created_at,
        created_by
    ) = row (
        r.object_type, r.object_ref, r.axis_code, r.value_code, r.owner_gov_code, r.owner_kind,
        r.provenance, r.approval_ref, r.effective_from, r.effective_to, r.lifecycle_status,
        r.supersedes_id, r.created_at, r.created_by
    )
from jsonb_populate_recordset(
         null::axis_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_object_ownership') as r
where r.ownership_id = t.ownership_id;

insert into axis_object_ownership (
    ownership_id, object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind,
    provenance, approval_ref, effective_from, effective_to, lifecycle_status, supersedes_id,
    created_at, created_by
)
overriding system value
select
    r.ownership_id, r.object_type, r.object_ref, r.axis_code, r.value_code, r.owner_gov_code,
    r.owner_kind, r.provenance, r.approval_ref, r.effective_from, r.effective_to,
    r.lifecycle_status, r.supersedes_id, r.created_at, r.created_by
from jsonb_populate_recordset(
         null::axis_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_object_ownership') as r
where not exists (
    select
    from axis_object_ownership as t
    where r.ownership_id = t.ownership_id);
