
begin
    if {{stands}} then
        raise exception using
            message = {{message}},
            hint = 'nothing was changed';
    end if;
end
