-- 0 if the seed has no kg-domain-x, or if that value is active.
select case
           when coalesce(nullif(current_setting('oneroof.topic_seed', true), ''), '{}')::jsonb -> 'values'
                @> '[{"value": "kg-domain-x"}]' is not true then 0
           when v.status = 'active' then 0
           else 1
       end,
       coalesce(v.status, 'absent')
from (values ('kg-domain-x')) as k (value_code)
left join axis_value v
  on v.axis_code = 'topic'
 and v.value_code = k.value_code
