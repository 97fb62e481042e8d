drop view reporting.amount_by_country;
drop view reporting.customers_by_country;
drop view reporting.orders_by_day;
