grant usage on schema reporting to reporting_reader;

grant select on reporting.orders_by_day, reporting.customers_by_country, reporting.amount_by_country
    to reporting_reader;

-- Reports that the owner adds later can be read without another grant.
alter default privileges in schema reporting
    grant select on tables to reporting_reader;
