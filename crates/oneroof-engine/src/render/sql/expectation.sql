
    -- {{comment}}
    seen := coalesce(live -> {{name}}, 'null');
    required := {{required}};
    if required is null then
        raise exception using message = {{uncomputable}};
    end if;
    if not ({{holds}}) then
        raise exception using
            message = {{start}} || coalesce(seen #>> '{}', '-') || {{middle}} || coalesce(required #>> '{}', '-'),
            detail = {{detail}},
            hint = 'nothing of this transaction was kept';
    end if;
