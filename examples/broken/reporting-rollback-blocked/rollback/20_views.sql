-- BROKEN: the schema belongs to tier T1, and its views still stand. Step 12 must be refused here.
drop schema reporting;
drop view reporting.amount_by_country;
drop view reporting.customers_by_country;
drop view reporting.orders_by_day;
