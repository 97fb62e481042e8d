-- BROKEN: line 13 names a column that does not exist. Step 7 must fail there, with SQLSTATE 42703, and what
-- the first statement did must be gone.

update public.orders as o
set currency = 'EUR'
from public.customers as c
where c.id = o.customer_id
  and c.country in ('DE', 'FR')
  and o.currency is null;

update public.orders as o
set currency = case
        c.cuntry
        when 'US' then 'USD'
        when 'GB' then 'GBP'
        when 'JP' then 'JPY'
    end
from public.customers as c
where c.id = o.customer_id
  and o.currency is null;
