-- Rows of governance_relations that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.relation_id::text, ', ' order by r.relation_id::text)
from jsonb_populate_recordset(
         null::governance_relations,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_relations') as r
left join governance_relations as t
  on t.relation_id = r.relation_id
where t is distinct from r
