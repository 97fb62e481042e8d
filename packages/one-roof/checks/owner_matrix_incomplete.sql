-- Cells (container, active scope) for which no entry of the owner matrix fits.
select count(*),
       string_agg(c.container || '/' || s.scope_code, ', ' order by c.container, s.sort, s.scope_code)
from (
    select distinct e.parent_ref as container
    from v_governance_object_containment e
    where e.parent_type = 'group'
      and e.parent_ref is not null
) c
cross join governance_responsibility_scope s
where s.status = 'active'
  and not exists (
      select from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.owner_matrix', true), ''), '[]')::jsonb)
           as x (container text, owner text, scope text)
      where x.container in (c.container, '*')
        and (x.scope is null or x.scope = s.scope_code)
  )
