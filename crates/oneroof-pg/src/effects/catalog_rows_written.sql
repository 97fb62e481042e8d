-- Rows of a catalog that were written by transaction $1 (its sub-transactions are younger) or by one that began later, with the object that each belongs
-- to, and a sum of what they say. Left out of the sum: estimates, file numbers, ages, and what the server keeps for itself.
select part.class,
       part.object,
       part.is_own,
       md5((part.row - '{relpages,reltuples,relallvisible,relallfrozen,relfilenode,relfrozenxid,relminmxid,relhasindex,relhasrules,relhastriggers,relhassubclass,relrewrite,attcacheoff,atthasmissing,attmissingval,indcheckxmin}'::text[])::text),
       null::text, null::text
  from (
/* part */
       ) as part (class, object, is_own, row, xmin, xmax)
 where age(part.xmin) <= age($1::text::xid)
   and part.object <> 0
