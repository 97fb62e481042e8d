-- Rows of axis_value that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.axis_code || ' ' || r.value_code, ', ' order by r.axis_code || ' ' || r.value_code)
from jsonb_populate_recordset(
         null::axis_value,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_value') as r
left join axis_value as t
  on t.axis_code = r.axis_code
 and t.value_code = r.value_code
where t is distinct from r
