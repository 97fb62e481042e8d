-- Outside a transaction: each build lets readers and writers go on, and waits for transactions older than itself.

create index concurrently orders_by_customer on public.orders (customer_id, placed_on);

create index concurrently payments_by_order on public.payments (order_id);
