    at_entry  jsonb := coalesce(nullif(current_setting('oneroof_run.entry', true), ''), '{}')::jsonb;
    at_before jsonb := coalesce(nullif(current_setting('oneroof_run.before', true), ''), '{}')::jsonb;
    live      jsonb := '{}';
    seen      jsonb;
    required  jsonb;
    detail    text;
    metric    record;
