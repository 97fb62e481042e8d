-- governance_object_ownership: rows of the change go, rows that it changed or removed are as they were.

delete from governance_object_ownership
where created_by = current_setting('oneroof.release_tag', true);

update governance_object_ownership as t
set (
        object_type, object_ref, scope, owner_kind, owner_gov_code, is_inherited_anchor,
        effective_from, effective_to, lifecycle_status, approval_ref, audit_ref, rollback_ref,
        source_law_ref, source_design_ref, supersedes_id, created_at, created_by, updated_at,
        updated_by
    ) = row (
        r.object_type, r.object_ref, r.scope, r.owner_kind, r.owner_gov_code, r.is_inherited_anchor,
        r.effective_from, r.effective_to, r.lifecycle_status, r.approval_ref, r.audit_ref,
        r.rollback_ref, r.source_law_ref, r.source_design_ref, r.supersedes_id, r.created_at,
        r.created_by, r.updated_at, r.updated_by
    )
from jsonb_populate_recordset(
         null::governance_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_object_ownership') as r
where r.id = t.id;

insert into governance_object_ownership (
    id, object_type, object_ref, scope, owner_kind, owner_gov_code, is_inherited_anchor,
    effective_from, effective_to, lifecycle_status, approval_ref, audit_ref, rollback_ref,
    source_law_ref, source_design_ref, supersedes_id, created_at, created_by, updated_at, updated_by
)
select
    r.id, r.object_type, r.object_ref, r.scope, r.owner_kind, r.owner_gov_code,
    r.is_inherited_anchor, r.effective_from, r.effective_to, r.lifecycle_status, r.approval_ref,
    r.audit_ref, r.rollback_ref, r.source_law_ref, r.source_design_ref, r.supersedes_id,
    r.created_at, r.created_by, r.updated_at, r.updated_by
from jsonb_populate_recordset(
         null::governance_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_object_ownership') as r
where not exists (
    select
    from governance_object_ownership as t
    where r.id = t.id);
