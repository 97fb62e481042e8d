    if required is null then
        raise exception using message = {{message}};
    end if;
