alter default privileges in schema reporting
    revoke select on tables from reporting_reader;

revoke select on reporting.orders_by_day, reporting.customers_by_country, reporting.amount_by_country
    from reporting_reader;

revoke usage on schema reporting from reporting_reader;
