-- Rows of topic_taxonomy_map that are no longer as they were when the change was previewed.
select count(*),
       string_agg(r.axis_code || ' ' || r.value_code || ' ' || r.label_code, ', ' order by r.axis_code || ' ' || r.value_code || ' ' || r.label_code)
from jsonb_populate_recordset(
         null::topic_taxonomy_map,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'topic_taxonomy_map') as r
left join topic_taxonomy_map as t
  on t.axis_code = r.axis_code
 and t.value_code = r.value_code
 and t.label_code = r.label_code
where t is distinct from r
