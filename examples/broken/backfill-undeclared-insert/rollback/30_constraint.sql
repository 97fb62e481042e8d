alter table public.orders
    drop constraint orders_currency_known;
