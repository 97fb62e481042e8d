-- At most $2 entries after $1, in order, without the objects that a tier made.
select e.seq,
       e.at,
       to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at_text,
       e.kind,
       e.run_id,
       e.package_digest,
       e.params_digest,
       e.tier,
       e.statement,
       e.body - 'made' as body,
       '' as body_text,
       e.operator,
       e.engine_version,
       e.prev_hash,
       e.hash
  from oneroof.entry as e
 where e.seq > $1
 order by e.seq
 limit $2
