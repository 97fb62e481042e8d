-- Owners that the matrix would make accountable although they are not active and nobody accepted that.
select count(*),
       string_agg(g.code || ' ' || g.status, ', ' order by g.code)
from governance_registry g
where g.status <> 'active'
  and g.code in (
      select m.owner
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
  )
  and not coalesce(nullif(current_setting('oneroof.accept_draft_owners', true), ''), '[]')::jsonb ? g.code
