
begin
    if current_setting('oneroof_run.given') <> array[
        current_setting('role'), current_setting('search_path'), current_setting('lock_timeout'),
        current_setting('statement_timeout')
    ]::text then
        raise exception using
            message = {{message}},
            hint = 'a tier must end with the role, search path and limits it was given';
    end if;
end
