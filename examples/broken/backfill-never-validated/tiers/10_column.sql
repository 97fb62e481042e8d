-- A column without default and without constraint: only the catalog changes, whatever the size of the table.

alter table public.orders
    add column currency text;

comment on column public.orders.currency is 'ISO 4217 code of amount_cents';
