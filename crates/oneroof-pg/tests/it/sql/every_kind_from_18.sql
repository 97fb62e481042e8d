-- What came with PostgreSQL 16, 17 and 18.
create extension btree_gist schema extensions;
create table kinds.period (id integer, valid tstzrange, constraint period_pk primary key (id, valid without overlaps));
create table kinds.in_period (id integer, valid tstzrange, constraint within foreign key (id, period valid) references kinds.period (id, period valid),
    constraint id_unchecked check (id > 0) not enforced);
create table kinds.modern (
    price   numeric,
    doubled numeric generated always as (price * 2) virtual,
    name    text constraint name_is_there not null,
    note    text constraint note_of_this_table not null no inherit,
    parent  integer
);
create table kinds.modern_child () inherits (kinds.parent_a);
alter table kinds.modern add constraint price_there not null price not valid;
create table kinds.modern_parts (id bigint generated always as identity, k integer) partition by range (k) using heap_again;
create table kinds.modern_parts_1 partition of kinds.modern_parts for values from (1) to (2);
create event trigger at_login on login execute function app.on_ddl();
alter event trigger at_login disable;
create publication with_generated for table kinds.keys with (publish_generated_columns = stored);
create collation kinds.builtin (provider = builtin, locale = 'C.UTF-8');
