-- What copies can get wrong although every table has the same rows.
create role apart_owner;
create role apart_reader;
create schema apart;
create type apart.mood as enum ('sad', 'ok', 'glad', 'wild', 'calm');
-- Before this, so that no label has the number here that it has there.
create type apart.other as enum ('a', 'b');

-- The hash of an enum is that of a number that is another one in another database.
create table apart.by_mood (mood apart.mood, id integer, note text default 'n') partition by hash (mood);
create table apart.by_mood_0 partition of apart.by_mood for values with (modulus 3, remainder 0);
create table apart.by_mood_1 (note text default 'n', id integer, mood apart.mood);
alter table apart.by_mood attach partition apart.by_mood_1 for values with (modulus 3, remainder 1);
create table apart.by_mood_2 partition of apart.by_mood for values with (modulus 3, remainder 2);
insert into apart.by_mood select (enum_range(null::apart.mood))[g % 5 + 1], g, repeat('x', g) from generate_series(1, 200) as g;
create table apart.deep (year integer, mood apart.mood, v integer) partition by list (year);
create table apart.deep_1 partition of apart.deep for values in (1) partition by hash (mood);
create table apart.deep_1_0 partition of apart.deep_1 for values with (modulus 2, remainder 0);
create table apart.deep_1_1 partition of apart.deep_1 for values with (modulus 2, remainder 1);
create table apart.deep_2 partition of apart.deep for values in (2);
insert into apart.deep select g % 2 + 1, (enum_range(null::apart.mood))[g % 5 + 1], g from generate_series(1, 100) as g;

create table apart.priced (id integer primary key, price numeric, doubled numeric generated always as (price * 2) stored,
    words text generated always as ('p' || price::text) stored);
insert into apart.priced (id, price) select g, g / 3.0 from generate_series(1, 50) as g;

create materialized view apart.filled as select mood, count(*) as n from apart.by_mood group by mood;
create materialized view apart.a_upon as select sum(n) as n from apart.filled;
create unique index filled_mood on apart.filled (mood);
create materialized view apart.never as select 1 as one with no data;
create materialized view apart.fixed as select count(*) as n from apart.priced;

select lo_from_bytea(70001, 'small'), lo_from_bytea(70002, pg_catalog.decode(repeat('00ff', 40000), 'hex')), lo_create(70003);
alter large object 70002 owner to apart_owner;
grant select on large object 70001 to apart_reader;
grant select, update on large object 70002 to apart_reader with grant option;
comment on large object 70001 is 'a small one';
