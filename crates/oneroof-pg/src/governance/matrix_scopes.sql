select s.scope_code
from governance_responsibility_scope as s
where s.status = 'active'
order by s.sort, s.scope_code
