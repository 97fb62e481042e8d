-- Identity of the ledger, and the class that the database was adopted with.
select t.genesis, t.class
  from oneroof.target as t
