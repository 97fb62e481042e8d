-- What came with PostgreSQL 15.
create view kinds.invoked with (security_invoker = true) as select id from kinds.keys;
create table kinds.one_null (id integer unique nulls not distinct, a integer, b integer,
    unique (a, b), foreign key (a, b) references kinds.one_null (a, b) on delete set null (b));
create unlogged sequence kinds.fast;
create publication in_schema for tables in schema kinds, table app.animal where (legs > 2);
create collation kinds.icu_15 (provider = icu, locale = 'de');
