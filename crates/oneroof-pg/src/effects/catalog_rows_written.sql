-- Objects whose rows were written by transaction $1 (its sub-transactions are younger) or by one that began later.
select distinct part.class, part.object
  from (
/* part */
       ) as part (class, object, xmin, xmax, place)
 where age(part.xmin) <= age($1::text::xid)
   and part.object <> 0
