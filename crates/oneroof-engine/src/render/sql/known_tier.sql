
begin
    if not lower(current_setting('oneroof_run.tier')) = any ({{words}}) then
        raise exception using
            message = format('ROLLBACK REFUSED: no tier is called "%s"', current_setting('oneroof_run.tier')),
            hint = 'say which one with psql -v tier=NAME. ' || {{hint}};
    end if;
end
