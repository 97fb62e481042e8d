    if nullif(current_setting('oneroof_run.entry', true), '') is null then
        raise exception using
            message = {{message}},
            hint = {{hint}};
    end if;
