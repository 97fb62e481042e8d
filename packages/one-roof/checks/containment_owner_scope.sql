-- 0 if the scope whose owner takes the containment cells is active.
select case when count(*) = 1 then 0 else 1 end,
       coalesce(nullif(current_setting('oneroof.containment_owner_scope', true), ''), 'not set')
from governance_responsibility_scope s
where s.scope_code = current_setting('oneroof.containment_owner_scope', true)
  and s.status = 'active'
