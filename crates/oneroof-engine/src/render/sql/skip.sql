    if exists (select from unnest({{relations}}) as relation (name) where to_regclass(relation.name) is null) then
        return;
    end if;
