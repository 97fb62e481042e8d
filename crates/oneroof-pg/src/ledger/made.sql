-- What tiers made and dropped, oldest first.
select e.seq,
       e.kind,
       e.body ->> 'package',
       e.body ->> 'version',
       e.tier,
       e.body -> 'made',
       (select jsonb_agg(jsonb_build_array(o ->> 'kind', o ->> 'identity'))
          from jsonb_array_elements(case jsonb_typeof(e.body -> 'objects') when 'array' then e.body -> 'objects' end) as o
         where o ->> 'change' = 'dropped')
  from oneroof.entry as e
 where e.kind in ('tier_applied', 'tier_rolled_back', 'release_rolled_back')
 order by e.seq
