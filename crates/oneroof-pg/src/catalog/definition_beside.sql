-- Facts that a dump does not carry into a copy, in the form of definition.sql: they are shown, and are no part of the
-- digest, because a clone could never be equal to its source otherwise.
-- Left out: connections and passwords of subscriptions, and whether they are enabled (a restored one never is).
with
relation as (
    select c.oid, c.relkind, c.reltablespace, format('%I.%I', n.nspname, c.relname) as identity
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
     where n.nspname !~ '^pg_'
       and n.nspname not in ('information_schema', 'oneroof')
),
subscription as (
    -- later majors have more of these columns; where one is missing, its name finds the null beside the table
    select s.oid, s.subname, s.subowner, further.lines,
           concat_ws(e'\n', 'publications ' || (select string_agg(quote_ident(p), ', ' order by p collate "C") from unnest(s.subpublications) as p),
                     'slot ' || quote_ident(s.subslotname), 'synchronous commit ' || s.subsynccommit,
                     'binary ' || s.subbinary, 'streaming ' || s.substream::text) as first_lines
      from (values (null::text, null::boolean, null::boolean, null::boolean, null::text, null::boolean))
           as missing (subtwophasestate, subdisableonerr, subpasswordrequired, subrunasowner, suborigin, subfailover)
      join pg_catalog.pg_subscription as s on s.subdbid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
     cross join lateral (
           select (select concat_ws(e'\n', 'two phase ' || case when subtwophasestate::text <> 'd' then 'on' end, 'disable on error ' || subdisableonerr,
                                    'password required ' || subpasswordrequired, 'run as owner ' || subrunasowner, 'origin ' || suborigin,
                                    'failover ' || subfailover)
                     from pg_catalog.pg_subscription where oid = s.oid) as lines) as further
)
select 'tablespace' as kind,
       case r.relkind when 'm' then 'materialized view ' when 'i' then 'index ' when 'I' then 'index ' else 'table ' end || r.identity as identity,
       quote_ident(t.spcname) as definition
  from relation as r
  join pg_catalog.pg_tablespace as t on t.oid = r.reltablespace

union all
select 'subscription', quote_ident(s.subname), concat_ws(e'\n', s.first_lines, nullif(s.lines, ''))
  from subscription as s

union all
select 'owner', 'subscription ' || quote_ident(s.subname), pg_catalog.pg_get_userbyid(s.subowner)
  from subscription as s

union all
select 'comment', 'subscription ' || quote_ident(s.subname), c.description
  from subscription as s
  join pg_catalog.pg_description as c on c.classoid = 'pg_catalog.pg_subscription'::regclass and c.objoid = s.oid

union all
-- `alter table x disable trigger all` switches foreign keys off too
select 'enforcement', format('constraint %I on %s', k.conname, r.identity), 'its triggers are disabled'
  from pg_catalog.pg_constraint as k
  join relation as r on r.oid = k.conrelid
 where exists (select from pg_catalog.pg_trigger as t where t.tgconstraint = k.oid and t.tgisinternal and t.tgenabled <> 'O')
