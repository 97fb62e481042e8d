-- The canonical text of an entry: the bytes whose SHA-256 is its hash.
--
--   oneroof.entry/1
--   NAME=LENGTH:VALUE     one line for each of: prev_hash, seq, at, kind, run_id, package_digest, params_digest,
--   NAME=null             tier, statement, body, operator, engine_version (in this order)
--
-- Every line ends in one line feed. LENGTH counts the bytes of VALUE in UTF-8, so no value can pose as the next line.
-- `at` is UTC as 2026-01-31T23:59:59.123456Z; `body` is jsonb as PostgreSQL prints it.
-- Without a search path of its own, which would cost as much as all the rest: every name is written out instead.
create or replace function oneroof.canonical_entry(entry oneroof.entry)
    returns text
    language sql
    stable
as $function$
    select pg_catalog.concat('oneroof.entry/1', pg_catalog.chr(10), pg_catalog.string_agg(
               pg_catalog.concat(line.name, '=',
                   case when line.value is null then 'null'
                        else pg_catalog.concat(pg_catalog.octet_length(pg_catalog.convert_to(line.value, 'UTF8')), ':', line.value) end,
                   pg_catalog.chr(10)),
               '' order by line.place))
      from (values ( 1, 'prev_hash',      entry.prev_hash),
                   ( 2, 'seq',            entry.seq::pg_catalog.text),
                   ( 3, 'at',             pg_catalog.to_char(pg_catalog.timezone('UTC', entry.at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
                   ( 4, 'kind',           entry.kind),
                   ( 5, 'run_id',         entry.run_id),
                   ( 6, 'package_digest', entry.package_digest),
                   ( 7, 'params_digest',  entry.params_digest),
                   ( 8, 'tier',           entry.tier),
                   ( 9, 'statement',      entry.statement),
                   (10, 'body',           entry.body::pg_catalog.text),
                   (11, 'operator',       entry.operator),
                   (12, 'engine_version', entry.engine_version)
           ) as line (place, name, value)
$function$;
comment on function oneroof.canonical_entry(oneroof.entry) is 'The text whose SHA-256 (in UTF-8) is the hash of an entry.';

create or replace function oneroof.entry_hash(entry oneroof.entry)
    returns text
    language sql
    stable
as $function$
    select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(oneroof.canonical_entry(entry), 'UTF8')), 'hex')
$function$;
comment on function oneroof.entry_hash(oneroof.entry) is 'What the hash of an entry must be.';

-- The only way to write. Security definer: the caller needs execute on this function and nothing on the tables.
-- Under an isolation level above READ COMMITTED a writer that was overtaken hits ledger_is_linear and fails: that is meant.
create or replace function oneroof.append(kind text, body jsonb)
    returns table (seq bigint, hash text)
    language plpgsql
    volatile
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    latest record;
    fresh  oneroof.entry;
begin
    if append.kind is null or append.body is null or jsonb_typeof(append.body) <> 'object' then
        raise exception 'oneroof.append needs a kind and a JSON object'
            using errcode = '22023';
    end if;
    if append.kind = 'adopted' and exists (select from oneroof.entry) then
        raise exception 'oneroof.append: this database is already adopted'
            using errcode = '22023';
    end if;

    -- One writer at a time, until it commits: the chain has no forks and no gaps.
    perform pg_advisory_xact_lock(hashtextextended('oneroof.ledger', 0));

    select e.seq, e.hash into latest from oneroof.entry as e order by e.seq desc limit 1;

    fresh.seq            := coalesce(latest.seq, 0) + 1;
    fresh.prev_hash      := coalesce(latest.hash, (select t.genesis from oneroof.target as t));
    fresh.at             := clock_timestamp();
    fresh.kind           := append.kind;
    fresh.run_id         := append.body ->> 'run_id';
    fresh.package_digest := append.body ->> 'package_digest';
    fresh.params_digest  := append.body ->> 'params_digest';
    fresh.tier           := append.body ->> 'tier';
    fresh.statement      := append.body ->> 'statement';
    fresh.body           := append.body;
    fresh.operator       := session_user;
    fresh.engine_version := append.body ->> 'engine_version';
    fresh.hash           := oneroof.entry_hash(fresh);

    insert into oneroof.entry select (fresh).*;

    return query select fresh.seq, fresh.hash;
end
$function$;
comment on function oneroof.append(text, jsonb) is 'Appends one entry to the ledger. run_id, package_digest, params_digest, tier, statement and engine_version are taken from the body, the operator is session_user.';
