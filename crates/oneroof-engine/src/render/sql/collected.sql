
declare
    broken text[] := array_remove(
        string_to_array(coalesce(current_setting('oneroof_run.broken', true), ''), chr(10)), ''
    );
begin
    if cardinality(broken) > 0 then
        raise exception using
            message = {{message}},
            detail = array_to_string(broken, chr(10)),
            hint = {{hint}};
    end if;
end
