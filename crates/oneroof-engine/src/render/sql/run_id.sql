select coalesce(nullif(current_setting('oneroof.run_id', true), ''), 'psql-' || gen_random_uuid()) as oneroof_run_id \gset
set oneroof.run_id = :'oneroof_run_id';
