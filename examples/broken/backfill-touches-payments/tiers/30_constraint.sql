-- `not valid`: new and changed rows must fulfil it from now on; the old ones are not read here, so the
-- strong lock of this tier is held for a moment only.

alter table public.orders
    add constraint orders_currency_known
    check (currency is not null and currency ~ '^[A-Z]{3}$') not valid;
