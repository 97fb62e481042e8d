-- Rows of topic_label_reconcile_decision that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.decision_id::text, ', ' order by r.decision_id::text)
from jsonb_populate_recordset(
         null::topic_label_reconcile_decision,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'topic_label_reconcile_decision') as r
left join topic_label_reconcile_decision as t
  on t.decision_id = r.decision_id
where t is distinct from r
