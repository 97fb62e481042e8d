-- BROKEN: reporting.amount_by_country is forgotten, so the schema cannot be dropped. Step 13 must be refused.
drop view reporting.customers_by_country;
drop view reporting.orders_by_day;
