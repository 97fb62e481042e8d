-- A column without default and without constraint: only the catalog changes, whatever the size of the table.

alter table public.orders
    add column currency text;

-- BROKEN: the rollback does not drop it. Step 13 must fail and name it.
create index orders_by_day on public.orders (placed_on);

comment on column public.orders.currency is 'ISO 4217 code of amount_cents';
