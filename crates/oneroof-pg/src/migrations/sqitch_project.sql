-- Is this project ($1) registered?
select exists (select from "the table" as p where p.project = $1::text) as is_there
