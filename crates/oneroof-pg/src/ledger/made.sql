-- What tiers made and dropped, oldest first.
select e.seq,
       e.kind,
       e.body ->> 'package',
       e.body ->> 'version',
       e.tier,
       e.body -> 'made',
       e.body -> 'objects',
       e.body -> 'rows',
       e.body -> 'new_files'
  from oneroof.entry as e
 where e.kind in ('tier_applied', 'tier_rolled_back', 'release_rolled_back')
 order by e.seq
