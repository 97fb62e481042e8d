select wanted.name as metric, coalesce(probe.figures ->> wanted.name, '-') as value{{more_columns}}
from (select coalesce(nullif(current_setting('oneroof_run.table', true), ''), '{}')::jsonb as figures) as probe
cross join lateral (values
{{rows}}
) as wanted (position, name, class, meaning)
{{where}}order by wanted.position;
