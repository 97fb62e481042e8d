-- The head of the chain.
select e.seq, e.hash
  from oneroof.entry as e
 order by e.seq desc
 limit 1
