-- At most $2 entries after $1, in order. `at` and `body` also as the text that was hashed.
select e.seq,
       e.at,
       to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at_text,
       e.kind,
       e.run_id,
       e.package_digest,
       e.params_digest,
       e.tier,
       e.statement,
       e.body,
       e.body::text as body_text,
       e.operator,
       e.engine_version,
       e.prev_hash,
       e.hash
  from oneroof.entry as e
 where e.seq > $1
 order by e.seq
 limit $2
