
    -- {{comment}}
    seen := coalesce(live -> {{name}}, 'null');
    required := {{required}};
{{calculated}}    if not ({{holds}}) then
        raise exception using
            message = {{start}} || coalesce(seen #>> '{}', '-') || {{middle}} || coalesce(required #>> '{}', '-'),
            hint = 'nothing of this transaction was kept';
    end if;
