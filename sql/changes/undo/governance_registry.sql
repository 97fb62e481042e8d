-- governance_registry: rows of the change go, rows that it changed or removed are as they were.

delete from governance_registry
where created_by = current_setting('oneroof.release_tag', true);

update governance_registry as t
set (
        name, status, created_at, created_by
    ) = row (
        r.name, r.status, r.created_at, r.created_by
    )
from jsonb_populate_recordset(
         null::governance_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_registry') as r
where r.code = t.code;

insert into governance_registry (
    code, name, status, created_at, created_by
)
select
    r.code, r.name, r.status, r.created_at, r.created_by
from jsonb_populate_recordset(
         null::governance_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_registry') as r
where not exists (
    select
    from governance_registry as t
    where r.code = t.code);
