-- Tables of every sort with values of every sort: what a copy of rows can get wrong.
create schema "Odd ""schema"" né";
create type "Odd ""schema"" né"."a mood" as enum ('sad', 'it''s ok', 'glad');
create type "Odd ""schema"" né".pair as (a integer, b text);
create domain "Odd ""schema"" né".small as integer check (value < 1000);
create domain "Odd ""schema"" né".smaller as "Odd ""schema"" né".small check (value < 100);

-- Types whose values are sent as bytes, and types whose values hold OIDs or belong to this database.
create table "Odd ""schema"" né"."select" (
    "from" integer generated always as identity primary key,
    "né à côté" text, f4 float4, f8 float8, n numeric, n2 numeric(12, 3), b bytea, t text, vc varchar(9), c char(5), one "char", nm name,
    flag boolean, d date, ts timestamp, tz timestamptz, tm time, ttz timetz, iv interval, m money, u uuid, j json, jb jsonb, x xml,
    ip inet, net cidr, mac macaddr, bits bit(3), vbits varbit, p point, circ circle, poly polygon, vec tsvector, q tsquery,
    r int4range, rn numrange, mr datemultirange, ints integer[], texts text[][],
    mood "Odd ""schema"" né"."a mood", moods "Odd ""schema"" né"."a mood"[], pair "Odd ""schema"" né".pair,
    small "Odd ""schema"" né".smaller, smalls "Odd ""schema"" né".small[]
);
insert into "Odd ""schema"" né"."select" overriding system value
select g, E'tab\t line\n back\\ \\N \\. ' || chr(127) || 'ü€😀', case g when 1 then 'NaN' when 2 then '-Infinity' else g / 3.0 end::float4,
       case g when 1 then 'NaN' when 2 then 'Infinity' when 3 then 1e-310 else g / 7.0 end::float8,
       case g when 1 then 'NaN'::numeric when 2 then 'Infinity'::numeric when 3 then 1e-300::numeric else g::numeric ^ 40 end, g / 7.0,
       decode(md5(g::text), 'hex') || '\x00'::bytea, case g when 4 then '' when 5 then null else repeat('x', g) end, 'v' || g, 'c', 'a', 'nm',
       g % 2 = 0, case g when 1 then 'infinity'::date when 2 then '-infinity'::date when 3 then '4713-01-01 BC'::date else date '2026-01-01' + g end,
       case g when 1 then 'infinity'::timestamp else timestamp '2026-01-01 00:00:00.123456' + g * interval '1 second' end,
       case g when 1 then '-infinity'::timestamptz else timestamptz '2026-03-29 01:30:00+01' + g * interval '1 minute' end,
       '24:00', '12:00:00.5+05:30', '1 year -2 mons +3 days 04:05:06.789', '$1,234.56', md5(g::text)::uuid, '{"a":  1, "a": 2}', '{"b": [1, null, "\u00e9"]}',
       '<a b="c">d</a>', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03', '101', '10101', '(1,2)', '<(1,2),3>', '((0,0),(1,1),(1,0))', 'a:1A b:2', 'a & !b',
       '[1,5)', '(,3.5]', '{[2026-01-01,2026-02-01),[2026-03-01,)}', array[1, null, 3], array[array['a', null], array['"q"', '{}']],
       'it''s ok', array['sad', null, 'glad']::"Odd ""schema"" né"."a mood"[], row(1, 'x "y"')::"Odd ""schema"" né".pair, 7,
       array[1, 2]::"Odd ""schema"" né".small[]
  from generate_series(1, 40) as g;
create table "Odd ""schema"" né".oids (class regclass, kind regtype, who regrole, proc regprocedure, space regnamespace, tid tid, lsn pg_lsn);
insert into "Odd ""schema"" né".oids values ('"Odd ""schema"" né"."select"', '"Odd ""schema"" né"."a mood"', current_user::regrole, 'now()', '"Odd ""schema"" né"', '(3,4)', '1/2');

-- Wide rows, out of line, compressed and not.
create table wide (id integer primary key, body text, squeezed text, raw bytea);
alter table wide alter column raw set storage external;
insert into wide select g, (select string_agg(md5(g || '-' || w), ' ') from generate_series(1, 400) w), repeat('again ', 5000), decode(repeat(md5(g::text), 600), 'hex')
  from generate_series(1, 60) g;

-- Columns that are gone, computed, or not there at all.
create table changed (a integer, gone text, b integer, twice integer generated always as (b * 2) stored, c text default 'later');
insert into changed (a, gone, b) select g, 'x', g from generate_series(1, 2000) g;
alter table changed drop column gone;
alter table changed add column added integer default 9;
delete from changed where a % 3 = 0;
create table nothing_at_all ();
insert into nothing_at_all select from generate_series(1, 7);
create table only_computed (v integer generated always as (1) stored);
insert into only_computed default values;
insert into only_computed default values;

-- Heirs and partitions: by range, list and hash, below each other, in another order of columns, with a default.
create table heir_of (id integer, note text);
create table heir (own integer) inherits (heir_of);
insert into heir_of values (1, 'above');
insert into heir values (2, 'below', 3);
create table sale (id integer, at date, place text, primary key (id, at)) partition by range (at);
create table sale_2025 partition of sale for values from ('2025-01-01') to ('2026-01-01') partition by hash (id);
create table sale_2025_0 partition of sale_2025 for values with (modulus 2, remainder 0);
create table sale_2025_1 (at date not null, place text, id integer not null);
alter table sale_2025 attach partition sale_2025_1 for values with (modulus 2, remainder 1);
create table sale_rest partition of sale default;
create index sale_place on sale (place);
insert into sale select g, date '2024-12-01' + g, 'p' || g % 9 from generate_series(1, 500) g;
create table by_mood (mood "Odd ""schema"" né"."a mood", id integer) partition by hash (mood);
create table by_mood_0 partition of by_mood for values with (modulus 3, remainder 0);
create table by_mood_1 partition of by_mood for values with (modulus 3, remainder 1);
create table by_mood_2 partition of by_mood for values with (modulus 3, remainder 2);
insert into by_mood select (enum_range(null::"Odd ""schema"" né"."a mood"))[g % 3 + 1], g from generate_series(1, 90) g;

-- Keys of every sort, both ways and in circles; a constraint that a row breaks although it is there.
create table hen (id integer primary key, egg integer, unique (egg) deferrable initially deferred, exclude using btree (id with =));
create table egg (id integer primary key, hen integer references hen deferrable initially deferred);
alter table hen add foreign key (egg) references egg deferrable initially deferred;
begin;
insert into hen select g, g from generate_series(1, 300) g;
insert into egg select g, g from generate_series(1, 300) g;
commit;
create table tree (id integer primary key, above integer references tree);
insert into tree select g, nullif(g / 2, 0) from generate_series(1, 300) g;
create index tree_above on tree (above) include (id) with (fillfactor = 70);
create unique index tree_few on tree ((id + 1)) where above is null;
alter table tree cluster on tree_pkey;
alter table tree replica identity using index tree_pkey;
create table sale_note (id integer, at date, note text, foreign key (id, at) references sale);
insert into sale_note select id, at, 'n' from sale limit 50;
create table broken (v integer);
insert into broken values (-1);
alter table broken add constraint positive check (v > 0) not valid;

-- Views that wait for keys, and kept results one upon the other, out of the order of their names.
create view trees as select id, above, count(*) from tree group by id;
create materialized view z_first as select place, count(*) as n from sale group by place;
create materialized view a_second as select sum(n) as n from z_first;
create unique index a_second_n on a_second (n);
create materialized view m_empty as select 1 as one with no data;

-- Whose rows are hidden from most, who is not in the log, who would shout.
create table hidden (id integer, owner name default current_user);
insert into hidden (id) select generate_series(1, 20);
alter table hidden enable row level security;
alter table hidden force row level security;
create policy nobody on hidden using (false);
create unlogged table unlogged_one (id integer);
insert into unlogged_one select generate_series(1, 30);
create function no_ddl() returns event_trigger language plpgsql as $$ begin raise exception 'no definitions here'; end $$;
create function no_rows() returns trigger language plpgsql as $$ begin raise exception 'no rows here'; end $$;
create table guarded (id integer);
insert into guarded values (1), (2);
create trigger no_rows before insert or update or delete or truncate on guarded for each statement execute function no_rows();
alter table guarded enable always trigger no_rows;
create rule no_insert as on insert to guarded do instead nothing;

-- Positions of sequences: used, moved back, never used, falling.
create sequence used; select nextval('used') from generate_series(1, 5);
create sequence set_back; select setval('set_back', 40, false);
create sequence fresh start 17;
create sequence falling increment -3 minvalue -1000 maxvalue 0; select nextval('falling') from generate_series(1, 3);
select lo_from_bytea(0, 'large'), lo_from_bytea(0, repeat('x', 70000)::bytea);

create event trigger no_ddl on ddl_command_start execute function no_ddl();
