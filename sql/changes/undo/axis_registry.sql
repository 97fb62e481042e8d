-- axis_registry: rows of the change go, rows that it changed or removed are as they were.

delete from axis_registry
where created_by = current_setting('oneroof.release_tag', true);

update axis_registry as t
set (
        axis_name, axis_family, axis_kind, value_domain, owner_scope_ref, status, lifecycle_status,
        created_at, created_by
    ) = row (
        r.axis_name, r.axis_family, r.axis_kind, r.value_domain, r.owner_scope_ref, r.status,
        r.lifecycle_status, r.created_at, r.created_by
    )
from jsonb_populate_recordset(
         null::axis_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_registry') as r
where r.axis_code = t.axis_code;

insert into axis_registry (
    axis_code, axis_name, axis_family, axis_kind, value_domain, owner_scope_ref, status,
    lifecycle_status, created_at, created_by
)
select
    r.axis_code, r.axis_name, r.axis_family, r.axis_kind, r.value_domain, r.owner_scope_ref,
    r.status, r.lifecycle_status, r.created_at, r.created_by
from jsonb_populate_recordset(
         null::axis_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_registry') as r
where not exists (
    select
    from axis_registry as t
    where r.axis_code = t.axis_code);
