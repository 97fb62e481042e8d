-- governance_responsibility_scope: rows of the change go, rows that it changed or removed are as they were.

delete from governance_responsibility_scope
where scope_code in (
    select n.entry ->> 'scope_code'
    from jsonb_array_elements(
             nullif(current_setting('oneroof.before', true), '')::jsonb -> 'new' -> 'governance_responsibility_scope') as n (entry));

update governance_responsibility_scope as t
set (
        description, default_owner_hint, status, sort
    ) = row (
        r.description, r.default_owner_hint, r.status, r.sort
    )
from jsonb_populate_recordset(
         null::governance_responsibility_scope,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_responsibility_scope') as r
where r.scope_code = t.scope_code;

insert into governance_responsibility_scope (
    scope_code, description, default_owner_hint, status, sort
)
select
    r.scope_code, r.description, r.default_owner_hint, r.status, r.sort
from jsonb_populate_recordset(
         null::governance_responsibility_scope,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_responsibility_scope') as r
where not exists (
    select
    from governance_responsibility_scope as t
    where r.scope_code = t.scope_code);
