-- Objects whose rows are replaced or deleted by transaction $1 or by one that began later, as far as those are not
-- committed.
select distinct part.class, part.object
  from (
/* part */
       ) as part (class, object, xmin, xmax, place)
 where age(part.xmax) <= age($1::text::xid)
   and part.object <> 0
