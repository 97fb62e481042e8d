
begin
    if current_setting('oneroof.gate', true) is distinct from 'READY' then
        raise exception using
            message = format('%s ABORT: gate closed, oneroof.gate=%s', {{label}}, coalesce(nullif(current_setting('oneroof.gate', true), ''), '-')),
            hint = 'nothing in this database says that the release is approved: whoever may decide that sets oneroof.gate to READY in params.sql; that is a note, no approval';
    end if;
end
