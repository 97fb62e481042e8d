-- All agencies.
select jsonb_build_object('code', g.code, 'status', g.status)
from governance_registry as g
order by g.code
