-- A column without default and without constraint: only the catalog changes, whatever the size of the table.

alter table public.orders
    add column currency text;
