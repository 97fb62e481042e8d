-- Rows of axis_assignment that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.assignment_id::text, ', ' order by r.assignment_id::text)
from jsonb_populate_recordset(
         null::axis_assignment,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_assignment') as r
left join axis_assignment as t
  on t.assignment_id = r.assignment_id
where t is distinct from r
