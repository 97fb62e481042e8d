-- Nothing can make a constraint unproven again, so it is made anew as it was after tier constraint.

alter table public.orders
    drop constraint orders_currency_known;

alter table public.orders
    add constraint orders_currency_known
    check (currency is not null and currency ~ '^[A-Z]{3}$') not valid;
