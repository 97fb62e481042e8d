
declare
{{figures}}begin
{{skip}}{{needs}}{{reads}}    seen := coalesce(live -> {{own}}, 'null');
    required := {{required}};
    if required is null then
        raise exception using message = {{uncomputable}};
    end if;
    if not ({{holds}}) then
{{broken}}    end if;
end
