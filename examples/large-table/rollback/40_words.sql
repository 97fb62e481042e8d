comment on index public.payments_by_order is null;
comment on index public.orders_by_customer is null;
comment on column public.orders.currency is null;
