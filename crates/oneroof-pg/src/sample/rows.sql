-- For each of the tables ($1, in this order) a statement that puts three rows into it: a value for every column that
-- the server does not fill itself, another one in each row, within what enums, lengths, foreign keys and lists of
-- allowed values say. "i" is the number of the row.
with wanted as (
    select w.oid, w.place from unnest($1::oid[]) with ordinality as w (oid, place)
),
col as (
    select a.attrelid, a.attnum, a.attname, a.attnotnull,
           format_type(a.atttypid, a.atttypmod) as type_text,
           t.typtype, t.typcategory,
           case t.typtype when 'd' then b.typname else t.typname end as base_name,
           case t.typtype when 'd' then b.typtype else t.typtype end as base_kind,
           case t.typtype when 'd' then b.typcategory else t.typcategory end as base_category,
           format_type(case t.typtype when 'd' then t.typbasetype else t.oid end, null) as base_text,
           case when (case t.typtype when 'd' then b.typname else t.typname end) in ('varchar', 'bpchar')
                then nullif(case t.typtype when 'd' then t.typtypmod else a.atttypmod end, -1) - 4 end as length_max
      from pg_catalog.pg_attribute as a
      join pg_catalog.pg_type as t on t.oid = a.atttypid
      left join pg_catalog.pg_type as b on b.oid = t.typbasetype
      left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = any ($1::oid[])
       and a.attnum > 0
       and not a.attisdropped
       and a.attgenerated = ''
       and a.attidentity = ''
       and coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') !~ 'nextval\('
),
reference as (
    select distinct on (k.conrelid, pair.own)
           k.conrelid, pair.own, k.confrelid, format('%I.%I', n.nspname, c.relname) as identity, far.attname
      from pg_catalog.pg_constraint as k
     cross join lateral unnest(k.conkey, k.confkey) as pair (own, referenced)
      join pg_catalog.pg_class as c on c.oid = k.confrelid
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute as far on far.attrelid = k.confrelid and far.attnum = pair.referenced
     where k.contype = 'f'
       and k.conrelid = any ($1::oid[])
     order by k.conrelid, pair.own, k.oid
),
allowed as (
    -- check (kind in ('a', 'b')): its literals
    select distinct on (k.conrelid, k.conkey[1])
           k.conrelid, k.conkey[1] as attnum,
           (select array_agg(replace(m.found[1], '''''', '''') order by m.place)
              from regexp_matches(pg_catalog.pg_get_constraintdef(k.oid), '''((?:[^'']|'''')*)''', 'g') with ordinality as m (found, place)) as literals
      from pg_catalog.pg_constraint as k
     where k.contype = 'c'
       and k.conrelid = any ($1::oid[])
       and cardinality(k.conkey) = 1
       and pg_catalog.pg_get_constraintdef(k.oid) ~ '(= ANY|= '')'
     order by k.conrelid, k.conkey[1], k.oid
),
expression as (
    select c.*,
           case
               when r.confrelid = c.attrelid and not c.attnotnull then 'null'
               when r.confrelid is not null and r.confrelid <> c.attrelid
                   then format('(select %I from %s order by 1 offset (i - 1) %% greatest((select count(*) from %s), 1) limit 1)', r.attname, r.identity, r.identity)
               when a.literals is not null
                   then format('(%L::text[])[1 + (i - 1) %% %s]', a.literals, cardinality(a.literals))
               when c.base_kind = 'e' then format('(enum_range(null::%s))[1 + (i - 1) %% cardinality(enum_range(null::%s))]', c.base_text, c.base_text)
               when c.base_category = 'A' then quote_literal('{}')
               when c.base_kind in ('r', 'm') then quote_literal(case c.base_kind when 'r' then 'empty' else '{}' end)
               when c.base_name = 'bool' then '(i % 2 = 0)'
               when c.base_name in ('int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'oid', 'money') then 'i'
               when c.base_name = 'uuid' then 'md5(i::text)'
               when c.base_name = 'date' then '(date ''2001-01-01'' + i)'
               when c.base_name in ('timestamp', 'timestamptz') then '(timestamp ''2001-01-01'' + i * interval ''1 day'')'
               when c.base_name in ('time', 'timetz') then '(time ''01:00'' + i * interval ''1 minute'')'
               when c.base_name = 'interval' then '(i * interval ''1 day'')'
               when c.base_name in ('json', 'jsonb') then 'json_build_object(''row'', i)'
               when c.base_name = 'bytea' then 'decode(lpad(i::text, 2, ''0''), ''hex'')'
               when c.base_name in ('inet', 'cidr') then '(''192.0.2.'' || i)'
               when c.base_name = 'macaddr' then '(''08:00:2b:01:02:0'' || i)'
               when c.base_name = 'point' then 'point(i, i)'
               when c.base_name in ('bit', 'varbit', 'xml', 'tsquery', 'jsonpath') or c.base_kind = 'c' then 'null'
               when c.length_max is not null then format('left(i || %L, %s)', ' ' || c.attname, c.length_max)
               when c.base_category = 'S' then format('(i || %L)', ' ' || c.attname)
               else 'i::text'
           end as value
      from col as c
      left join reference as r on r.conrelid = c.attrelid and r.own = c.attnum
      left join allowed as a on a.conrelid = c.attrelid and a.attnum = c.attnum
)
select format('%I.%I', n.nspname, c.relname) as identity,
       case when count(e.attnum) = 0
            then format('insert into %I.%I default values', n.nspname, c.relname)
            else format('insert into %I.%I (%s) select %s from generate_series(1, 3) as i on conflict do nothing', n.nspname, c.relname,
                        string_agg(quote_ident(e.attname), ', ' order by e.attnum),
                        string_agg(format('cast(%s as %s)', e.value, e.type_text), ', ' order by e.attnum))
       end as statement
  from wanted as w
  join pg_catalog.pg_class as c on c.oid = w.oid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join expression as e on e.attrelid = c.oid
 group by w.place, n.nspname, c.relname
 order by w.place
