-- Sets each name to its value until the end of the transaction, in the order given.
select set_config(wanted.name, wanted.value, true)
from unnest($1::text[], $2::text[]) with ordinality as wanted (name, value, position)
order by wanted.position
