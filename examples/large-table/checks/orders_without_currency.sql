-- Through JSON, so that the question can also be asked before the column exists: then all are without.
select count(*)
from public.orders as o
where to_jsonb(o) ->> 'currency' is null
