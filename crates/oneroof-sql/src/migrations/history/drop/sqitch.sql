-- The registry goes if nothing is recorded any more: others may rest on what is.
do $$
begin
    if not exists (select from "the schema".events) and not exists (select from "the schema".changes)
        and not exists (select from "the schema".projects where project <> "the project") then
        drop table "the schema".events, "the schema".dependencies, "the schema".tags, "the schema".changes,
            "the schema".projects, "the schema".releases;
        drop schema "the schema";
    end if;
end
$$;
