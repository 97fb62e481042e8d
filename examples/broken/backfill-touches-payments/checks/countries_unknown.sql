select
    count(distinct c.country),
    string_agg(distinct c.country, ', ')
from public.customers as c
where c.country not in ('DE', 'FR', 'US', 'GB', 'JP')
