-- Recomputes the whole chain; no row means it is whole. oneroof does the same outside the database, from the same text.
-- Give it the newest hash that you know from evidence or approvals: without it, a tail that was cut off cannot show.
create or replace function oneroof.verify(known_hash text default null)
    returns table (seq bigint, fault text)
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $function$
    with chain as (
        select e.seq,
               e.hash,
               e.prev_hash,
               oneroof.entry_hash(e)               as computed_hash,
               lag(e.seq, 1, 0::bigint) over in_order as prior_seq,
               lag(e.hash) over in_order           as prior_hash
          from oneroof.entry as e
        window in_order as (order by e.seq)
    )
    select c.seq, 'changed: its hash is not the hash of its content'
      from chain as c
     where c.hash <> c.computed_hash
    union all
    select c.seq, format('missing: entries %s to %s before it', c.prior_seq + 1, c.seq - 1)
      from chain as c
     where c.seq <> c.prior_seq + 1
    union all
    select c.seq, 'reordered: it does not follow the entry before it'
      from chain as c
     where c.seq = c.prior_seq + 1
       and c.prev_hash is distinct from coalesce(c.prior_hash, (select t.genesis from oneroof.target as t))
    union all
    select (select max(c.seq) from chain as c), 'missing: the known hash ' || verify.known_hash || ' is not in the ledger, its tail was cut off or replaced'
     where verify.known_hash is not null
       and not exists (select from chain as c where c.hash = verify.known_hash)
    union all
    select null, 'missing: the ledger is empty'
     where not exists (select from chain)
     order by 1
$function$;
comment on function oneroof.verify(text) is 'Faults of the ledger''s chain; none when it is whole. known_hash: newest hash known from elsewhere.';
