-- The views run with the rights of their owner: analysts need none on the tables below.

-- BROKEN: the rollback does not drop it. Step 13 must fail and name it.
create function public.in_euros(cents bigint) returns numeric
language sql immutable
return cents / 100.0;

create view reporting.orders_by_day as
select o.placed_on, count(*) as orders, sum(o.amount_cents) as amount_cents
from public.orders as o
group by o.placed_on;

create view reporting.customers_by_country as
select c.country, count(*) as customers
from public.customers as c
group by c.country;

create view reporting.amount_by_country as
select c.country, sum(o.amount_cents) as amount_cents
from public.orders as o
join public.customers as c on c.id = o.customer_id
group by c.country;
