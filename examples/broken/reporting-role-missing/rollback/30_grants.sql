alter default privileges in schema reporting
    revoke select on tables from reporting_auditor;

revoke select on reporting.orders_by_day, reporting.customers_by_country, reporting.amount_by_country
    from reporting_auditor;

revoke usage on schema reporting from reporting_auditor;
