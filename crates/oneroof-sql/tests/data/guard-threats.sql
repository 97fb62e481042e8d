-- Objects that a statement must not reach, each with its way of being reached. Run after guard-setup.sql.
create function noisy(text) returns text language plpgsql immutable as
  $$ begin perform pg_notify('reads', $1); return $1; end $$;
create function noisy_int(int) returns int language plpgsql immutable as
  $$ begin perform pg_notify('reads', 'int'); return $1; end $$;
create function net_price(text) returns int language sql as 'select 1';

-- casts
create type grams as (n int);
create function grams_text(grams) returns text language plpgsql immutable as
  $$ begin perform pg_notify('reads', 'cast'); return 'g'; end $$;
create cast (grams as text) with function grams_text(grams) as implicit;
create type colour as enum ('red', 'green');
create function colour_int(colour) returns int language plpgsql immutable as
  $$ begin perform pg_notify('reads', 'cast'); return 1; end $$;
create cast (colour as int) with function colour_int(colour);
create table weighed (id int, weight grams, paint colour, plain text);
create view weighed_text as select id, lower(weight) as shown from weighed;

-- domains inside other types
create type with_pct as (p pct, t text);
create domain pct_again as pct;
create table rates (id int, rate pct, many pct[], note text);

-- a range whose function runs while statements are planned
create function apart(text, text) returns float8 language plpgsql immutable as
  $$ begin perform pg_notify('reads', 'range'); return 1; end $$;
create type textrange as range (subtype = text, subtype_diff = apart);
create table spans (id int, span textrange);

-- row security
create table guarded (id int, owner text);
alter table guarded enable row level security;
create policy own on guarded for select using (noisy(owner) = current_user);
create table guarded_well (id int, owner text);
alter table guarded_well enable row level security;
create policy own on guarded_well for select using (owner = current_user);
create table guarded_by_view (id int);
alter table guarded_by_view enable row level security;
create policy own on guarded_by_view for select using (exists (select from v_tickets));
create view v_guarded as select id from guarded;

-- partitions and children elsewhere
create table parts (id int, at date) partition by range (at);
create table parts_here partition of parts for values from ('2024-01-01') to ('2025-01-01');
create foreign table parts_there partition of parts for values from ('2025-01-01') to ('2026-01-01') server elsewhere;
create table parent (id int);
create foreign table child () inherits (parent) server elsewhere;
create view v_remote as select * from remote_orders;
create view v_parts as select count(*) from parts;
create materialized view mv_logged as select id from v_logged with no data;

-- secrets behind views
create view v_secret as select rolname, rolpassword from pg_authid;

-- what the planner computes in advance
create table planned_index (id int, n int);
create index planned_expression on planned_index ((n + noisy_int(1)));
create table planned_check (id int, n int, check (n > noisy_int(2)));
create table planned_well (id int, n int, t text, check (noisy_int(n) > 0));
create index planned_well_expression on planned_well (noisy(t));

-- names of built-in things
create function upper(customers) returns text language sql as $$ select 'x' $$;
create function length(notes) returns int language sql as $$ select 1 $$;
create function notes_int(notes, int) returns text language sql as $$ select $q$x$q$ $$;
create operator || (leftarg = notes, rightarg = int, function = notes_int);
create domain initcap as int check (ok_pct(value));
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
create schema "we""ird schema";
create table "we""ird schema"."Ta ble" ("Co l" int, sku sku);
create type "we""ird schema"."Ty pe" as enum ('a', 'b');
create schema app;
create function app.priced(int) returns int language sql immutable as 'select $1 * 2';
create function app.pg_sleep(int) returns int language sql immutable as 'select 1';
create table app.only_here (id int, name text);
grant usage on schema app, "we""ird schema" to guard_ro;
grant select on all tables in schema public, app, "we""ird schema" to guard_ro;
