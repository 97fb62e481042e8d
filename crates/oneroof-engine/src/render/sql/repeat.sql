
declare
{{figures}}    entry jsonb;
    round int;
begin
{{reads}}    entry := live;
    for round in 1..2 loop
        execute {{act}};
        live := '{}';
{{reads_again}}        if live <> entry then
            raise exception using
                message = format('R3 ABORT: %s changed something when it was done the %s time', {{name}}, case round when 1 then 'first' else 'second' end),
                detail = format('before: %s; after: %s', entry, live);
        end if;
    end loop;
end
