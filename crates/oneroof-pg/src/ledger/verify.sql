-- The genesis: prev_hash of the first entry.
select t.genesis
  from oneroof.target as t
