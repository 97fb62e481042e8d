-- Rows of topic_taxonomy_map that somebody changed after this change: undoing it would undo that too.
select count(*),
       string_agg(r.axis_code || ' ' || r.value_code || ' ' || r.label_code, ', ' order by r.axis_code || ' ' || r.value_code || ' ' || r.label_code)
from jsonb_populate_recordset(
         null::topic_taxonomy_map,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'after' -> 'topic_taxonomy_map') as r
left join topic_taxonomy_map as t
  on t.axis_code = r.axis_code
 and t.value_code = r.value_code
 and t.label_code = r.label_code
where row (t.map_kind)
      is distinct from row (r.map_kind)
