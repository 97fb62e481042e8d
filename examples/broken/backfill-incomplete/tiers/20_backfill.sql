-- BROKEN: JP is missing. The expectation of this tier must fail (step 7).
-- Every order is in the currency of its customer's country. A country that is not in this list leaves
-- the column empty; the expectation of this tier then fails, and nothing of it is kept.

update public.orders as o
set currency = case c.country
        when 'DE' then 'EUR'
        when 'FR' then 'EUR'
        when 'US' then 'USD'
        when 'GB' then 'GBP'
    end
from public.customers as c
where c.id = o.customer_id
  and o.currency is null;
