-- Rows of topic_label_reconcile_decision that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.decision_id::text, ', ' order by r.decision_id::text)
from jsonb_populate_recordset(
         null::topic_label_reconcile_decision,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'topic_label_reconcile_decision') as r
left join topic_label_reconcile_decision as t
  on t.decision_id = r.decision_id
where row (t.status)
      is distinct from row (r.status)
