-- Sets each name to its value, in the order given: until the end of the transaction ($3), or of the session.
select set_config(wanted.name, wanted.value, $3)
from unnest($1::text[], $2::text[]) with ordinality as wanted (name, value, position)
order by wanted.position
