-- Rows of axis_object_ownership that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.ownership_id::text, ', ' order by r.ownership_id::text)
from jsonb_populate_recordset(
         null::axis_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_object_ownership') as r
left join axis_object_ownership as t
  on t.ownership_id = r.ownership_id
where t is distinct from r
