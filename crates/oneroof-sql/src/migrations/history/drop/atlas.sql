-- The records go if nothing is recorded any more: others may rest on what is.
do $$
begin
    if not exists (select from "the table") then
        drop table "the table";
        drop schema "the schema";
    end if;
end
$$;
