
begin
    if current_setting('oneroof_run.last', true) is distinct from {{before}} then
        raise exception using
            message = {{label}} || ' ABORT: out of order: the script before it is ' || {{before}} || ', and the last one of this session is ' || coalesce(nullif(current_setting('oneroof_run.last', true), ''), 'none'),
            hint = 'run 99_run_all.sql; after a failure in the middle the way on is 98_rollback.sql';
    end if;
    perform set_config('oneroof_run.last', {{this}}, false);
end
