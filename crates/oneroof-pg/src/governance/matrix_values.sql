select v.value_code
from axis_value as v
where v.axis_code = $1::text
  and v.status = 'active'
order by v.value_code
