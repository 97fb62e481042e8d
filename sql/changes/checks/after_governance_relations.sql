-- Rows of governance_relations that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.relation_id::text, ', ' order by r.relation_id::text)
from jsonb_populate_recordset(
         null::governance_relations,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'governance_relations') as r
left join governance_relations as t
  on t.relation_id = r.relation_id
where row (t.agency_code, t.relation_kind, t.law_ref)
      is distinct from row (r.agency_code, r.relation_kind, r.law_ref)
