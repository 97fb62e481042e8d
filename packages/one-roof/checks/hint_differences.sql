-- Cells (container, active scope) where the owner of the matrix is not the owner that the scope hints at.
-- A scope without a hint differs from nothing.
select count(*),
       string_agg(format('%s/%s: %s, hint %s', c.container, s.scope_code, m.owner, s.default_owner_hint), '; '
                  order by c.container, s.sort, s.scope_code)
from (
    select distinct e.parent_ref as container
    from v_governance_object_containment e
    where e.parent_type = 'group'
      and e.parent_ref is not null
) c
cross join governance_responsibility_scope s
cross join lateral (
    select x.owner
    from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.owner_matrix', true), ''), '[]')::jsonb)
         as x (container text, owner text, scope text)
    where x.container in (c.container, '*')
      and (x.scope is null or x.scope = s.scope_code)
    order by (x.container = '*'), (x.scope is null)
    limit 1
) m
where s.status = 'active'
  and s.default_owner_hint <> m.owner
