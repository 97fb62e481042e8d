-- Which of these names the present search path finds. A name that does not parse is not there.
select names.name
from unnest($1::text[]) as names (name)
where to_regclass(names.name) is not null
