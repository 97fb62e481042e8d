-- Rows of axis_value that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.axis_code || ' ' || r.value_code, ', ' order by r.axis_code || ' ' || r.value_code)
from jsonb_populate_recordset(
         null::axis_value,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'axis_value') as r
left join axis_value as t
  on t.axis_code = r.axis_code
 and t.value_code = r.value_code
where row (t.value_name, t.parent_value_code, t.status, jsonb_array_length(t.provenance -> 'transitions'))
      is distinct from row (r.value_name, r.parent_value_code, r.status, jsonb_array_length(r.provenance -> 'transitions'))
