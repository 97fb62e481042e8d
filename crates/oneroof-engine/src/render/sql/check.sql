
declare
{{figures}}begin
{{skip}}{{needs}}{{reads}}    seen := coalesce(live -> {{own}}, 'null');
    required := {{required}};
{{calculated}}    if not ({{holds}}) then
{{broken}}    end if;
end
