-- Repeated until it changes no row, with a commit each time: rows stay locked for a moment only, and vacuum can
-- follow. Customers whose country is not in the list keep an empty currency and are not taken again.

update public.orders as o
set currency = case c.country
        when 'DE' then 'EUR'
        when 'FR' then 'EUR'
        when 'US' then 'USD'
        when 'GB' then 'GBP'
        when 'JP' then 'JPY'
    end
from public.customers as c
where c.id = o.customer_id
  and o.id in (
      select next.id
      from public.orders as next
      join public.customers as its on its.id = next.customer_id
      where next.currency is null
        and its.country in ('DE', 'FR', 'US', 'GB', 'JP')
      order by next.id
      limit 2000
  );
