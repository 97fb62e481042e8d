select distinct c.parent_ref
from v_governance_object_containment as c
where c.parent_type = 'group'
order by 1
