-- Which of these names the search path finds.
select names.name
from unnest($1::text[]) as names (name)
where to_regclass(names.name) is not null
