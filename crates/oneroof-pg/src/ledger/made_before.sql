-- Which of these objects ($1 their catalogs, $2 their OIDs) a tier made or altered.
select distinct asked.class, asked.oid
  from unnest($1::text[], $2::oid[]) as asked (class, oid)
  join oneroof.entry as e on e.kind = 'tier_applied'
   and e.body -> 'made' @> jsonb_build_array(jsonb_build_object('class', asked.class, 'oid', asked.oid::int8))
