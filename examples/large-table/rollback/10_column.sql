alter table public.orders
    drop column currency;
