select 1
select 1;
select null::int, 'x'::text, true, 1.5e3, -7
values (1, 'a'), (2, 'b') order by 1 desc limit 1
table customers
select c.id, c.email from customers as c where c.country in ('DE', 'FR') and c.created_at >= date '2024-03-01' order by c.created_at desc nulls last limit 20 offset 5
select distinct country, tier from customers order by 1, 2
select count(*) from orders
select count(distinct customer_id) filter (where status = 'paid') as payers, count(*) as n from orders
select status, count(*), sum(total_cents), round(avg(total_cents), 2) from orders group by status having count(*) > 3 order by 2 desc
select date_trunc('week', placed_at) as week, count(*) from orders group by 1 order by 1
select to_char(placed_at, 'YYYY-MM') as month, sum(total_cents) / 100.0 as eur from orders group by 1 order by 1
select extract(epoch from now() - max(placed_at)) from orders
select placed_at::date as day, count(*) from orders where placed_at between '2024-02-01' and '2024-03-01' group by 1
select c.country, sum(o.total_cents) from customers c join orders o on o.customer_id = c.id group by c.country order by 2 desc
select c.email, o.id from customers c left join orders o on o.customer_id = c.id and o.status = 'paid' where o.id is null
select * from customers c full join orders o on o.customer_id = c.id where c.id is null or o.id is null
select * from categories a cross join categories b where a.id < b.id
select * from order_items natural join orders limit 3
select order_id, i.qty from order_items i join (select id as order_id from orders) o using (order_id) limit 1
select p.id, p.name, sum(i.qty * i.unit_cents) as revenue from products p join order_items i on i.product_id = p.id group by p.id order by revenue desc fetch first 10 rows only
select customer_id, sum(total_cents) as spent, rank() over (order by sum(total_cents) desc) from orders group by customer_id
select id, total_cents, total_cents - lag(total_cents) over (partition by customer_id order by placed_at) as delta from orders
select id, sum(total_cents) over (order by placed_at rows between 6 preceding and current row) from orders
select id, avg(total_cents) over w as mean, stddev_samp(total_cents) over w as spread from orders window w as (partition by status order by id groups between 1 preceding and 1 following exclude ties)
select id, ntile(10) over (order by total_cents), percent_rank() over (order by total_cents), cume_dist() over (order by total_cents) from orders
select distinct on (customer_id) customer_id, id, placed_at from orders order by customer_id, placed_at desc
select first_value(id) over w, last_value(id) over w, nth_value(id, 3) over w from orders window w as (partition by customer_id order by placed_at range between unbounded preceding and unbounded following)
select row_number() over (), t.* from (select unnest(tags) as tag from customers) t
select country, tier, count(*) from customers group by grouping sets ((country, tier), (country), ())
select country, tier, grouping(country, tier), count(*) from customers group by rollup (country, tier)
select country, tier, count(*) from customers group by cube (country, tier) order by grouping(country), 1
select country, date_trunc('month', created_at), count(*) from customers group by distinct rollup (country, date_trunc('month', created_at)), rollup (country)
select percentile_cont(0.5) within group (order by total_cents) from orders
select status, percentile_disc(array[0.1, 0.5, 0.9]) within group (order by total_cents) from orders group by status
select mode() within group (order by country), rank(100) within group (order by id) from customers
select corr(qty, unit_cents), regr_slope(qty, unit_cents), covar_pop(qty, unit_cents), var_samp(qty) from order_items
select bool_and(active), bool_or(active), every(price_cents > 0), bit_or(id) from products
select width_bucket(total_cents, 0, 22000, 10) as bucket, count(*), min(total_cents), max(total_cents) from orders group by 1 order by 1
with paid as (select * from orders where status = 'paid') select count(*), sum(total_cents) from paid
with a as (select 1 as x), b as (select x + 1 as x from a), c as (select x * 2 as x from b) select * from c
with recursive n(i) as (values (1) union all select i + 1 from n where i < 100) select sum(i) from n
with recursive tree as (select id, name, parent_id, array[id] as trail from categories where parent_id is null union all select c.id, c.name, c.parent_id, t.trail || c.id from categories c join tree t on c.parent_id = t.id) select repeat('  ', least(cardinality(trail), 20)) || name from tree order by trail
with recursive up as (select id, referred_by, 1 as depth from customers where id = 200 union select c.id, c.referred_by, depth + 1 from customers c join up on c.id = up.referred_by) select max(depth) from up
with recursive g(id, parent_id) as (select id, parent_id from categories union all select c.id, c.parent_id from categories c join g on c.id = g.parent_id) search breadth first by id set seq cycle id set looped using trail select * from g order by seq limit 10
with t as not materialized (select * from events where kind = 'buy') select at::date, count(*) from t group by 1
with orders as (select 7 as id) select * from orders
with x(a, b) as (values (1, 2), (3, 4)) select a + b from x
select (with y as (select max(id) as m from orders) select m from y)
select * from (with z as (select 1 as q) select q from z) s
select c.id, x.n from customers c cross join lateral (select count(*) as n from orders o where o.customer_id = c.id) x where x.n > 0
select c.id, latest.* from customers c left join lateral (select o.id as order_id, o.placed_at from orders o where o.customer_id = c.id order by o.placed_at desc limit 2) latest on true
select id from customers where exists (select from orders o where o.customer_id = customers.id and o.total_cents > 5000)
select id from customers where id not in (select customer_id from orders where customer_id is not null)
select id from products where price_cents > all (select price_cents from products where category_id = 2)
select id from products where price_cents = any (select min(price_cents) from products group by category_id)
select id from customers where (country, tier) = (select country, tier from customers where id = 1)
select id from customers where row(country, id) > row('FR', 3)
select (select max(total_cents) from orders) - (select min(total_cents) from orders)
select id from orders union select id from products except select id from notes intersect select id from notes order by 1
(select id from orders limit 1) union all (select id from products order by id desc limit 1)
select case status when 'new' then 0 when 'paid' then 1 else 2 end as s, count(*) from orders group by 1
select case when price_cents < 300 then 'low' when price_cents < 600 then 'mid' else 'high' end, count(*) from products group by 1
select coalesce(full_name, email, '?'), nullif(country, 'DE'), greatest(id, 5), least(id, 5) from customers
select id from products where name like 'Product 1_' or name ilike '%99%' or name similar to 'Product (7|8)' or name ~ '^P.*0$' or name !~* 'x'
select id from customers where email like 'user%\_1%' escape '\'
select id from customers where full_name is not null and tags is distinct from '{}' and (id between symmetric 20 and 10) is not unknown
select upper(email), lower(full_name), initcap(country), length(email), char_length(email), octet_length(email), reverse(email) from customers
select substring(email from 'user(\d+)'), substring(email, 1, 4), left(email, 3), right(email, 3), split_part(email, '@', 2) from customers
select trim(both '"' from name), ltrim(name), rtrim(name, '0'), btrim(name), lpad(id::text, 8, '0'), rpad(name, 20) from products
select replace(replace(replace(replace(name, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;') from products
select regexp_replace(email, '(.*)@(.*)', '\2 at \1', 'g'), regexp_matches(email, '\d+', 'g'), regexp_split_to_array(email, '@') from customers limit 3
select overlay(name placing '***' from 2 for 3), position('o' in name), strpos(name, 'd'), translate(name, 'abc', 'xyz'), ascii(name), chr(65) from products
select concat(name, '-', id), concat_ws(', ', name, sku, price_cents), name || ' ' || sku || ' ' || price_cents from products
select format('%s: %s (%L, %I, %10s, %-5s|)', id, name, sku, 'a b', price_cents, active) from products
select format('%1$s and again %1$s, then %2$s', name, sku) from products
select string_agg(name, ', ' order by name) from products where id < 5
select repeat('=', 80), repeat('-', 40 * 2), repeat('#', (random() * 10)::int), repeat('*', length('abc') % 5)
select repeat('█', least(count(*)::int / 10, 50)) from orders group by status
select rpad(name, 20, '.') || lpad(price_cents::text, 10) from products
select to_hex(255), to_char(1234.5, '999G999D00'), to_number('12,454.8', '99G999D9'), to_date('2024-01-31', 'YYYY-MM-DD'), to_timestamp(0)
select md5(email), encode(sha256(convert_to(email, 'UTF8')), 'hex'), encode(email::bytea, 'base64'), decode('aGk=', 'base64') from customers limit 2
select quote_ident('a b'), quote_literal(email), quote_nullable(null) from customers limit 1
select unaccented from (select normalize(full_name, nfd) as unaccented from customers) s where unaccented is nfd normalized
select abs(-1), ceil(1.2), floor(1.8), round(2.5), round(2.567, 2), trunc(9.99, 1), mod(7, 3), 7 % 3, div(7, 2), power(2, 10), 2 ^ 10, sqrt(16), |/ 25.0, cbrt(27), exp(1), ln(10), log(100), log(2, 64), pi(), degrees(1), radians(180), sign(-3), gcd(12, 18), lcm(4, 6)
select sin(1), cos(1), tan(1), asin(1), acos(1), atan(1), atan2(1, 2), sinh(1), random()
select 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 256 >> 2
select now(), current_date, current_time, current_timestamp, localtime, localtimestamp, clock_timestamp(), statement_timestamp(), transaction_timestamp()
select now() - interval '1 day', now() + make_interval(days => 3, hours => 2), age(timestamp '2024-01-01'), justify_interval(interval '35 days 30 hours')
select date '2024-02-29' + 1, date '2024-03-01' - date '2024-02-01', interval '1 month' * 2, timestamp '2024-01-01' + time '12:00'
select extract(isodow from placed_at), extract(quarter from placed_at), date_part('doy', placed_at), placed_at at time zone 'Europe/Berlin' from orders limit 3
select generate_series(date '2024-01-01', date '2024-01-31', interval '1 day')::date
select d.day, count(o.id) from generate_series(timestamptz '2024-02-01', '2024-02-29', '1 day') as d(day) left join orders o on o.placed_at >= d.day and o.placed_at < d.day + interval '1 day' group by 1 order by 1
select (timestamp '2024-01-01', timestamp '2024-02-01') overlaps (timestamp '2024-01-15', timestamp '2024-03-01')
select date_bin('15 minutes', at, timestamptz '2024-01-01') as slot, count(*) from events group by 1 order by 1
select isfinite(date 'infinity'), make_date(2024, 2, 29), make_timestamptz(2024, 1, 1, 0, 0, 0, 'UTC')
select attrs -> 'lang', attrs ->> 'score', attrs #> '{flags,0}', attrs #>> '{flags,1}', attrs ? 'lang', attrs ?| array['x', 'lang'], attrs ?& array['lang'] from customers limit 3
select attrs @> '{"lang": "de"}', attrs || '{"new": 1}', attrs - 'flags', attrs #- '{flags,0}', attrs @? '$.score ? (@ > 50)', attrs @@ '$.score > 50' from customers limit 3
select jsonb_build_object('id', id, 'tags', tags), jsonb_build_array(1, 'x', null), to_jsonb(tags), row_to_json(c) from customers c limit 2
select jsonb_agg(to_jsonb(p) - 'search' order by id) from products p where id < 4
select jsonb_object_agg(id, name), json_object_agg(sku, price_cents), json_agg(name) from products where id < 4
select key, value from customers, jsonb_each_text(attrs) limit 5
select e.id, item ->> 'sku', (item ->> 'n')::int from events e cross join jsonb_array_elements(e.payload -> 'items') as item limit 5
select * from jsonb_to_recordset('[{"a": 1, "b": "x"}]') as t(a int, b text)
select * from json_populate_recordset(null::customers, '[{"id": 1}]')
select jsonb_path_query(payload, '$.items[*].sku'), jsonb_path_exists(payload, '$.ms ? (@ > 100)'), jsonb_path_query_first(payload, '$.page') from events limit 3
select jsonb_set(attrs, '{lang}', '"xx"'), jsonb_insert(attrs, '{flags,0}', '9'), jsonb_strip_nulls(attrs), jsonb_pretty(attrs), jsonb_typeof(attrs), jsonb_array_length(attrs -> 'flags') from customers limit 1
select jsonb_object_keys(attrs), count(*) from customers group by 1
select attrs['lang'], attrs['flags'][0] from customers limit 2
select json_object('a' : 1, 'b' : 2), json_array(1, 2, 3), json_objectagg(sku : price_cents), json_arrayagg(id order by id) from products
select json_value('{"a": 1}', '$.a' returning int), json_query('{"a": [1]}', '$.a'), json_exists('{"a": 1}', '$.a')
select jt.* from events e, json_table(e.payload, '$.items[*]' columns (n for ordinality, sku text path '$.sku', qty int path '$.n' default 0 on empty)) as jt limit 5
select '{"a": 1}' is json, '[1]' is json array, json_serialize('{"a": 1}'), json_scalar(1)
select array[1, 2, 3], array[[1, 2], [3, 4]], '{1,2}'::int[], (array[1, 2, 3])[2], (array[1, 2, 3])[1:2], array_length(array[1, 2], 1), cardinality(tags) from customers limit 1
select array_agg(id order by id desc), array_append(array[1], 2), array_prepend(0, array[1]), array_cat(array[1], array[2]), array_remove(array[1, 2, 1], 1), array_replace(array[1, 2], 1, 9), array_position(array['a', 'b'], 'b'), array_to_string(array[1, 2], ','), string_to_array('a,b', ',') from products
select id from customers where tags && array['t1'] and 't2' = any (tags) and not 't3' = all (tags) and tags @> '{t0}' and tags <@ array['t0', 't1', 't2']
select t.tag, count(*) from customers c, unnest(c.tags) with ordinality as t(tag, n) where n = 1 group by 1
select * from unnest(array[1, 2], array['a', 'b']) as u(n, s)
select * from rows from (generate_series(1, 3), unnest(array['a', 'b', 'c'])) with ordinality as r(a, b, c)
select generate_subscripts(tags, 1) from customers limit 3
select array(select id from categories order by id)
select array_fill(0, array[3, 3]), trim_array(array[1, 2, 3], 1)
select int4range(1, 10) @> 5, numrange(1, 5) && numrange(4, 8), int4range(1, 5) * int4range(3, 9), int4range(1, 3) + int4range(2, 5), lower(during), upper(during), isempty(during), lower_inc(during), upper_inf(during) from bookings limit 2
select room, range_agg(during), range_intersect_agg(during) from bookings group by room
select room, during from bookings where during @> timestamptz '2025-01-10' and during -|- tstzrange('2025-01-12', '2025-01-14')
select a.room, a.during * b.during from bookings a join bookings b on a.room = b.room and a.during && b.during and a.ctid < b.ctid
select unnest('{[1,3),[5,8)}'::int4multirange), multirange(int4range(1, 2))
select dims, daterange('2024-01-01', '2024-02-01', '[]') from products limit 1
select id, ts_rank(search, q) from products, to_tsquery('english', 'product & number') q where search @@ q order by 2 desc limit 5
select id from products where search @@ plainto_tsquery('english', 'shiny product') or search @@ websearch_to_tsquery('english', '"product number" -x') or to_tsvector('english', name) @@ phraseto_tsquery('english', 'product number')
select ts_headline('english', name, to_tsquery('product'), 'MaxWords=10'), ts_rank_cd(search, 'product'::tsquery), setweight(search, 'A'), strip(search), numnode('a & b'::tsquery) from products limit 1
select * from ts_debug('english', 'a shiny product')
select inet '10.0.0.1' << inet '10.0.0.0/8', host(inet '10.0.0.1/24'), masklen(inet '10.0.0.1/24'), network(inet '10.0.0.1/24'), broadcast(inet '10.0.0.1/24'), family(inet '::1')
select point(1, 2) <-> point(3, 4), circle(point(0, 0), 2) @> point(1, 1), box(point(0, 0), point(1, 1)), area(circle(point(0, 0), 1)), lseg(point(0, 0), point(1, 1))
select gen_random_uuid(), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid
select b'1010' & b'0110', get_bit(b'1010', 0), bit_count(b'1011'), length(b'101')
select 12.34::money, '1 day'::interval, 'abc'::varchar(2), 'abc'::char(5), 1::bool, '{1}'::int[], 'public.orders'::regclass, 'now'::timestamptz is not null
select cast(total_cents as numeric(12, 2)) / 100, total_cents::float8, total_cents::text, (total).amount, (total).currency from orders limit 3
select tier, count(*) from customers where tier in ('free', 'pro') group by tier order by tier
select enum_range(null::tier), enum_first(null::tier), 'pro'::tier > 'free'
select o.*, c.email as "E-Mail" from orders as o, customers as c where c.id = o.customer_id limit 1
select c from customers c limit 1
select (c).email, (c).country from customers c limit 1
select (c.total).amount from orders c limit 1
select customers.* from public.customers limit 1
select public.customers.email from public.customers limit 1
select "Id" from (select id as "Id" from orders) as "Orders" limit 1
select * from customers as c(a, b, d) limit 1
select * from (values (1, 'one'), (2, 'two')) as v(n, word) where v.word collate "C" > 'a'
select name collate "C" from products order by name collate "C" desc nulls first limit 3
select * from orders tablesample system (10)
select * from orders tablesample bernoulli (5) repeatable (42) where status = 'paid'
select * from only events limit 1
select tableoid::regclass, ctid, xmin, count(*) over () from events limit 3
select * from v_order_totals where month >= '2024-03-01' limit 5
select t.customer_id, t.cents, c.email from v_top t join customers c on c.id = t.customer_id order by t.cents desc limit 3
select * from mv_daily order by day desc limit 7
select last_value, is_called from ticket_seq
explain select * from orders where id = 5
explain (analyze, buffers, verbose, settings, wal, timing off, summary, format yaml) select count(*) from orders
explain analyze select * from customers c join orders o on o.customer_id = c.id
explain (costs off) values (1)
explain with a as (select 1) select * from a
show all
show server_version
show timezone
show transaction isolation level
select version(), current_user, session_user, current_database(), current_schema(), current_schemas(true), pg_backend_pid(), inet_server_addr(), current_setting('work_mem'), current_setting('a.b', true)
select current_catalog, current_role, user
select table_name, column_name, data_type from information_schema.columns where table_schema = 'public' order by 1, ordinal_position
select * from information_schema.tables where table_type = 'BASE TABLE'
select tc.table_name, kcu.column_name, ccu.table_name as foreign_table from information_schema.table_constraints tc join information_schema.key_column_usage kcu using (constraint_name, table_schema) join information_schema.constraint_column_usage ccu using (constraint_name) where tc.constraint_type = 'FOREIGN KEY'
select * from information_schema.routines where routine_schema = 'public'
select grantee, privilege_type from information_schema.role_table_grants where table_name = 'orders'
select schemaname, relname, seq_scan, idx_scan, n_live_tup, n_dead_tup, last_autovacuum from pg_stat_user_tables order by seq_scan desc limit 10
select relname, pg_size_pretty(pg_total_relation_size(oid)), pg_relation_size(oid), pg_indexes_size(oid) from pg_class where relkind = 'r' order by pg_total_relation_size(oid) desc limit 10
select indexrelname, idx_scan, pg_size_pretty(pg_relation_size(indexrelid)) from pg_stat_user_indexes where idx_scan = 0
select pid, usename, state, wait_event_type, wait_event, now() - xact_start as age, left(query, 60) from pg_stat_activity where state <> 'idle' order by xact_start
select blocked.pid, blocking.pid from pg_stat_activity blocked join pg_stat_activity blocking on blocking.pid = any (pg_blocking_pids(blocked.pid))
select locktype, relation::regclass, mode, granted from pg_locks where not granted
select datname, pg_database_size(datname), numbackends, xact_commit, blks_hit * 100.0 / nullif(blks_hit + blks_read, 0) from pg_stat_database
select sum(heap_blks_hit) / nullif(sum(heap_blks_hit) + sum(heap_blks_read), 0) from pg_statio_user_tables
select attname, n_distinct, null_frac, most_common_vals from pg_stats where tablename = 'orders'
select conname, contype, pg_get_constraintdef(oid, true) from pg_constraint where conrelid = 'public.orders'::regclass
select indexname, indexdef from pg_indexes where tablename = 'orders'
select i.indexrelid::regclass, i.indisunique, i.indisvalid, a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey) where i.indrelid = 'public.orders'::regclass
select viewname, definition from pg_views where schemaname = 'public'
select n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), l.lanname, p.prosecdef from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang where n.nspname = 'public'
select rolname, rolsuper, rolcanlogin, array(select b.rolname from pg_auth_members m join pg_roles b on b.oid = m.roleid where m.member = r.oid) from pg_roles r
select nspname, pg_get_userbyid(nspowner), nspacl, obj_description(oid, 'pg_namespace') from pg_namespace
select extname, extversion from pg_extension
select name, setting, unit, context, source from pg_settings where source <> 'default'
select c.relname, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
select * from pg_partition_tree('events')
select seqrelid::regclass, seqstart, seqmax, pg_sequence_last_value(seqrelid) from pg_sequence
select schemaname, sequencename, last_value from pg_sequences
select application_name, state, sync_state, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) from pg_stat_replication
select slot_name, active, restart_lsn from pg_replication_slots
select pg_is_in_recovery(), pg_postmaster_start_time(), pg_conf_load_time()
select tgname, tgrelid::regclass, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
select classid::regclass, objid, refobjid, deptype from pg_depend where refobjid = 'public.orders'::regclass
select typname, typtype, format_type(oid, null), typcategory from pg_type where typnamespace = 'public'::regnamespace
select enumlabel from pg_enum where enumtypid = 'tier'::regtype order by enumsortorder
select has_table_privilege('public.orders', 'select'), has_schema_privilege('public', 'usage'), pg_has_role('guard_ro', 'member')
select age(datfrozenxid), datname from pg_database order by 1 desc
select oid::regclass, age(relfrozenxid) from pg_class where relkind = 'r' order by 2 desc limit 5
select funcid::regprocedure, calls, total_time from pg_stat_user_functions
select * from pg_stat_progress_vacuum
select pg_typeof(1), pg_typeof(now()), pg_column_size(attrs), pg_collation_for(email) from customers limit 1
select to_regclass('public.orders'), to_regtype('int'), to_regprocedure('lower(text)')
select c.id, c.email, sum(o.total_cents) as spent, count(*) as orders, max(o.placed_at) as last_order, now() - max(o.placed_at) as quiet, case when count(*) > 5 then 'regular' else 'new' end as kind from customers c join orders o on o.customer_id = c.id where o.status in ('paid', 'shipped') and c.created_at < now() - interval '30 days' group by c.id, c.email having sum(o.total_cents) > 1000 order by spent desc limit 25
with monthly as (select customer_id, date_trunc('month', placed_at) as m, sum(total_cents) as s from orders group by 1, 2), ranked as (select *, row_number() over (partition by m order by s desc) as r from monthly) select m, customer_id, s from ranked where r <= 3 order by m, r
with first_order as (select customer_id, min(placed_at) as at from orders group by 1) select date_trunc('month', f.at) as cohort, extract(month from age(o.placed_at, f.at)) as month, count(distinct o.customer_id) from first_order f join orders o using (customer_id) group by 1, 2 order by 1, 2
with gaps as (select id, id - lag(id) over (order by id) as step from orders) select count(*) from gaps where step > 1
with sessions as (select customer_id, at, case when at - lag(at) over (partition by customer_id order by at) > interval '30 minutes' then 1 else 0 end as new from events) select customer_id, sum(new) over (partition by customer_id order by at) as session from sessions limit 5
select status, count(*) * 100.0 / sum(count(*)) over () as share from orders group by status
select sum(case when status = 'paid' then 1 else 0 end)::float / count(*) as conversion from orders
select p.category_id, p.name, p.price_cents from products p where p.price_cents > (select avg(price_cents) from products q where q.category_id = p.category_id)
select kind, count(*), percentile_cont(0.95) within group (order by (payload ->> 'ms')::int) as p95 from events group by kind
select a.product_id, b.product_id, count(*) from order_items a join order_items b on a.order_id = b.order_id and a.product_id < b.product_id group by 1, 2 order by 3 desc limit 10
select l.country, l.n, r.n from (select country, count(*) n from customers group by 1) l full outer join (select country, count(*) n from customers where tier = 'pro' group by 1) r using (country)
select setseed_column from (select 1 as setseed_column) s
select s.path, s.name, s.type, s.value, s.oid, s.xml from (select 'a' as path, 'b' as name, 'c' as type, 1 as value, 2 as oid, 'd' as xml) s
select s.length, s.date, s.text, s.count, s.position from (select 1 as length, 2 as date, 3 as text, 4 as count, 5 as position) s
select 1 as "select", 2 as "update", 3 as "drop table"
select 'it''s; delete from t; --', $$ ; drop table x $$, e'\n', U&'\0061'
select /* a ; b */ 1 -- ; drop table x
select not false and true or null is null
select 1 = 1 is true, 2 <> 3, 2 != 3, 1 <= 2, 5 > 4, 'a' < 'b', null is distinct from 1
select interval '1' day, time '10:00' at time zone 'UTC', timestamp with time zone '2024-01-01 00:00+00'
select hashtext('a'), abs(hashtext('x')) % 16
select sum(n) from (select count(*) as n from customers union all select count(*) from orders) t
select max(length(name)), min(octet_length(name)) from products
select num_nulls(1, null), num_nonnulls(1, null), nullif('', '')
select * from generate_series(1, 10) as g(n) where n % 2 = 0
select chr(n) from generate_series(65, 90) n
select json_agg(x) from (select id, name from products limit 3) x
select string_to_table('a b c', ' '), regexp_count('aaa', 'a'), regexp_substr('abc123', '\d+')
select count(*) from orders where placed_at >= date_trunc('day', now()) - interval '7 days' and extract(dow from placed_at) not in (0, 6)
