-- A rollback is one transaction, so without `concurrently`; `if exists`, because the tier may have been cut.

drop index if exists public.payments_by_order;
drop index if exists public.orders_by_customer;
