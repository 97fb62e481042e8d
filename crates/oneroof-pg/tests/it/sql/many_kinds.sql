-- One object of every kind that the definition digest knows, with the traps that a dump and a restore may fall into.
-- Roles many_owner, many_reader and "Many Writer" exist.
create schema app authorization many_owner;
comment on schema app is 'an application';
grant usage on schema app to many_reader;
grant usage, create on schema app to "Many Writer" with grant option;

set role many_owner;
create sequence app.ticket_seq as integer start 100 increment 5 cache 7 cycle maxvalue 100000;
create type app.mood as enum ('sad', 'ok', 'happy');
alter type app.mood add value 'meh' before 'ok';
comment on type app.mood is 'how it feels';
create type app.pair as (a integer, b text collate "C");
comment on column app.pair.b is 'second half';
create domain app.positive as integer default 1 not null constraint is_positive check (value > 0);
create type app.span as range (subtype = numeric, multirange_type_name = app.spans);
revoke usage on type app.mood from public;
grant usage on type app.mood to many_reader;

create function app.stamp() returns trigger language plpgsql as $$ begin new.changed_at := now(); return new; end $$;
create function app.double(n integer, times integer default 2) returns integer language sql immutable strict parallel safe
    set search_path = app, pg_temp as $$ select n * times $$;
create function app.atomic(n integer) returns integer language sql begin atomic select n + 1; end;
create procedure app.nothing() language plpgsql as $$ begin null; end $$;
create aggregate app.total(integer) (sfunc = int4pl, stype = integer, initcond = '0');
revoke execute on function app.double(integer, integer) from public;
grant execute on function app.double(integer, integer) to many_reader;
comment on function app.double(integer, integer) is 'twice or more';

create table app.customer (
    id         bigint generated always as identity primary key,
    gone       text,
    code       varchar(20) not null unique,
    status     varchar(20) not null default 'new' check (status in ('new', 'old')),
    mood       app.mood,
    size       app.positive,
    pair       app.pair,
    price      numeric(12, 2) default 0.50,
    twice      numeric generated always as (price * 2) stored,
    note       text collate "C",
    tags       text[] default '{}',
    born       timestamptz not null default '2026-01-01 00:00:00+00',
    payload    jsonb,
    changed_at timestamptz
) with (fillfactor = 80, autovacuum_enabled = false);
alter table app.customer drop column gone;
alter table app.customer alter column note set storage external, alter column code set statistics 200, alter column price set (n_distinct = 5);
comment on table app.customer is 'who buys; it''s "quoted"';
comment on column app.customer.code is 'natural key';
create unique index customer_lower on app.customer (lower(code) text_pattern_ops desc nulls last) include (status) where status <> 'old';
create index customer_tags on app.customer using gin (tags);
alter table app.customer cluster on customer_pkey;
create statistics app.customer_stats (dependencies) on status, code from app.customer;
grant select (id, code), update (note) on app.customer to many_reader;
grant select, insert on app.customer to "Many Writer" with grant option;
create trigger stamp before update on app.customer for each row when (old.note is distinct from new.note) execute function app.stamp();
create trigger stamp_always after insert on app.customer referencing new table as fresh for each statement execute function app.stamp();
alter table app.customer enable always trigger stamp_always;
alter table app.customer disable trigger stamp;
alter table app.customer enable row level security;
alter table app.customer force row level security;
create policy own_rows on app.customer as restrictive for select to many_reader, "Many Writer" using (status in ('new', 'old'));
create policy own_writes on app.customer for all using (true) with check (code <> 'x');

create table app.orders (
    id          integer not null default nextval('app.ticket_seq'),
    customer_id bigint references app.customer on delete cascade deferrable initially deferred,
    placed      date not null,
    total       numeric,
    primary key (id, placed),
    constraint total_is_sane check (total > 0)
) partition by range (placed);
alter sequence app.ticket_seq owned by app.orders.id;
create table app.orders_2025 partition of app.orders for values from ('2025-01-01') to ('2026-01-01');
create table app.orders_2026 (total numeric, junk text, placed date not null, customer_id bigint, id integer not null);
alter table app.orders_2026 drop column junk;
alter table app.orders_2026 add constraint total_is_sane check (total > 0);
alter table app.orders attach partition app.orders_2026 for values from ('2026-01-01') to ('2027-01-01');
create table app.orders_rest partition of app.orders default;
create index orders_by_customer on app.orders (customer_id);
create table app.order_line (order_id integer, placed date, n integer, foreign key (order_id, placed) references app.orders (id, placed));

create table app.animal (name text primary key, legs integer check (legs >= 0));
create table app.dog (breed text) inherits (app.animal);
alter table app.customer add constraint price_is_sane check (price >= 0) not valid;
create unlogged table app.scratchpad (k text, v text);
alter table app.scratchpad replica identity full;
create table app."Weird ""Name""" ("a b" integer, "select" text);
create table app.empty_table ();

create view app.new_customer with (security_barrier = true) as
    select c.id, c.code, case when c.status in ('new', 'fresh') then 1 else 0 end as fresh, c.born at time zone 'UTC' as born_utc
      from app.customer c where c.status in ('new', 'fresh') and c.mood = any (array['ok', 'happy']::app.mood[]) with local check option;
create view app.over_view as select v.*, row(1, v.code)::app.pair as r from app.new_customer v join app.animal a on a.name = v.code;
alter view app.new_customer alter column code set default 'dflt';
create materialized view app.totals as select customer_id, sum(total) as total from app.orders group by 1;
create unique index totals_key on app.totals (customer_id);
create materialized view app.never_filled as select 1 as one with no data;
create rule no_delete as on delete to app.animal do instead nothing;

create operator app.=== (leftarg = integer, rightarg = integer, function = int4eq, commutator = operator(app.===), restrict = eqsel);
create collation app.german (provider = icu, locale = 'de-u-co-phonebk');
create text search dictionary app.plain_dict (template = simple, stopwords = english);
create text search configuration app.plain (copy = simple);
alter text search configuration app.plain alter mapping for asciiword with app.plain_dict;
alter default privileges in schema app grant select on tables to many_reader;
alter default privileges grant execute on functions to "Many Writer";
create function app.mood_to_int(app.mood) returns integer language sql immutable as $$ select length($1::text) $$;
reset role;

create operator family app.odd_ops using btree;
alter operator family app.odd_ops using btree owner to many_owner;
create operator class app.odd_int_ops for type integer using btree family app.odd_ops as
    operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 btint4cmp(integer, integer);
create cast (app.mood as integer) with function app.mood_to_int(app.mood) as assignment;
create function app.on_ddl() returns event_trigger language plpgsql as $$ begin null; end $$;
create event trigger watch_ddl on ddl_command_end when tag in ('CREATE TABLE', 'ALTER TABLE') execute function app.on_ddl();
create publication everything for table app.animal, app.customer (id, code) where (id > 0);
create foreign data wrapper dummy;
create server elsewhere foreign data wrapper dummy options (host 'nowhere', dbname 'x');
create user mapping for many_owner server elsewhere options (password 'secret');
create foreign table app.far (id integer options (column_name 'x') not null) server elsewhere options (table_name 'y');
grant usage on foreign server elsewhere to many_reader;
create conversion app.my_conversion for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
comment on trigger stamp on app.customer is 'keeps changed_at';
comment on constraint total_is_sane on app.orders is 'no gifts';
comment on index app.customer_tags is 'search by tag';
grant select on app.new_customer to public;
set role "Many Writer";
grant select on app.customer to many_reader;
reset role;

insert into app.animal values ('cat', 4), ('hen', 2);
insert into app.dog values ('rex', 4, 'boxer');
insert into app.customer (code, status, mood, size, pair, note, tags, born, payload)
select 'c' || n, case n % 2 when 0 then 'new' else 'old' end, 'ok', n, row(n::integer, 'x'::text)::app.pair, repeat('ü', n), array['a', n::text], '2026-01-01', jsonb_build_object('n', n)
  from generate_series(1, 50) n;
insert into app.orders (customer_id, placed, total) select n, date '2025-06-01' + n * 10, n * 1.5 from generate_series(1, 50) n;
insert into app."Weird ""Name""" values (1, null), (null, e'tab\tand\nline'), (1, null);
insert into app.scratchpad values ('k', 'v');
refresh materialized view app.totals;
