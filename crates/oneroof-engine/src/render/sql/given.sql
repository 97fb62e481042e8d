
begin
    perform set_config(
        'oneroof_run.given',
        array[
            current_setting('role'), current_setting('search_path'), current_setting('lock_timeout'),
            current_setting('statement_timeout')
        ]::text,
        true
    );
end
