-- Rows of governance_object_ownership that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.id::text, ', ' order by r.id::text)
from jsonb_populate_recordset(
         null::governance_object_ownership,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_object_ownership') as r
left join governance_object_ownership as t
  on t.id = r.id
where t is distinct from r
