-- Rows of axis_assignment that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.assignment_id::text, ', ' order by r.assignment_id::text)
from jsonb_populate_recordset(
         null::axis_assignment,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'axis_assignment') as r
left join axis_assignment as t
  on t.assignment_id = r.assignment_id
where row (t.zone, t.status)
      is distinct from row (r.zone, r.status)
