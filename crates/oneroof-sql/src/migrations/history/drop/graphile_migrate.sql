-- The records go if nothing is recorded any more: others may rest on what is.
do $$
begin
    if not exists (select from "the table") and not exists (select from "the schema".current) then
        drop table "the schema".current, "the table";
        drop schema "the schema";
    end if;
end
$$;
