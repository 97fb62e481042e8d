-- All scopes of responsibility.
select jsonb_build_object('code', s.scope_code, 'status', s.status)
from governance_responsibility_scope as s
order by s.sort, s.scope_code
