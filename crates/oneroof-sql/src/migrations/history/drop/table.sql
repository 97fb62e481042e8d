-- The records go if nothing is recorded any more: others may rest on what is.
do $$
begin
    if not exists (select from "the table" where "no record" is false) then
        drop table "the table";
    end if;
end
$$;
