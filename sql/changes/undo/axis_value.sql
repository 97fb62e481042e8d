-- axis_value: rows of the change go, rows that it changed or removed are as they were.

update axis_value as t
set (
        value_name, parent_value_code, parent_level, status, provenance, created_at, created_by
    ) = row (
        r.value_name, r.parent_value_code, r.parent_level, r.status, r.provenance, r.created_at,
        r.created_by
    )
from jsonb_populate_recordset(
         null::axis_value,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_value') as r
where r.axis_code = t.axis_code
  and r.value_code = t.value_code;

delete from axis_value
where created_by = current_setting('oneroof.release_tag', true);

insert into axis_value (
    axis_code, value_code, value_name, parent_value_code, parent_level, status, provenance,
    created_at, created_by
)
select
    r.axis_code, r.value_code, r.value_name, r.parent_value_code, r.parent_level, r.status,
    r.provenance, r.created_at, r.created_by
from jsonb_populate_recordset(
         null::axis_value,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'axis_value') as r
where not exists (
    select
    from axis_value as t
    where r.axis_code = t.axis_code
      and r.value_code = t.value_code);
