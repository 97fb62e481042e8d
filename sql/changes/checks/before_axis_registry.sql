-- Rows of axis_registry that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.axis_code::text, ', ' order by r.axis_code::text)
from jsonb_populate_recordset(
         null::axis_registry,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_registry') as r
left join axis_registry as t
  on t.axis_code = r.axis_code
where t is distinct from r
