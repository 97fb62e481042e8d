comment on column public.orders.currency is 'ISO 4217 code of amount_cents';
comment on index public.orders_by_customer is 'Orders of a customer, oldest first.';
comment on index public.payments_by_order is 'Payments of an order.';
