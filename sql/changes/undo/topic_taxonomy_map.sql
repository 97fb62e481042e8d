-- topic_taxonomy_map: rows of the change go, rows that it changed or removed are as they were.

delete from topic_taxonomy_map
where created_by = current_setting('oneroof.release_tag', true);

update topic_taxonomy_map as t
set (
        map_kind, created_at, created_by
    ) = row (
        r.map_kind, r.created_at, r.created_by
    )
from jsonb_populate_recordset(
         null::topic_taxonomy_map,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'topic_taxonomy_map') as r
where r.axis_code = t.axis_code
  and r.value_code = t.value_code
  and r.label_code = t.label_code;

insert into topic_taxonomy_map (
    axis_code, value_code, label_code, map_kind, created_at, created_by
)
select
    r.axis_code, r.value_code, r.label_code, r.map_kind, r.created_at, r.created_by
from jsonb_populate_recordset(
         null::topic_taxonomy_map,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'topic_taxonomy_map') as r
where not exists (
    select
    from topic_taxonomy_map as t
    where r.axis_code = t.axis_code
      and r.value_code = t.value_code
      and r.label_code = t.label_code);
