update public.orders
set currency = null
where currency is not null;
