-- Every order is in the currency of its customer's country. A country that is not in this list leaves
-- the column empty; the expectation of this tier then fails, and nothing of it is kept.

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
  and o.currency is null;

-- BROKEN: nobody declared these rows, so no rollback would find them. Step 7 must fail.
insert into public.order_log (message) values ('orders have a currency');
