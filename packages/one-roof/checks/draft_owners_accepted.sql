-- Owners of the matrix that are not active and were accepted by name. Activating them is the next step.
select count(*),
       string_agg(g.code || ' ' || g.status, ', ' order by g.code)
from governance_registry g
where g.status <> 'active'
  and coalesce(nullif(current_setting('oneroof.accept_draft_owners', true), ''), '[]')::jsonb ? g.code
  and exists (
      select from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.owner_matrix', true), ''), '[]')::jsonb)
           as x (container text, owner text, scope text)
      where x.owner = g.code
  )
