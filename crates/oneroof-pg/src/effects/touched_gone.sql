-- Rows of catalogs $1 that transaction $2, or one that began later, is replacing or deleting, as far as the asking session sees
-- them: as in touched_written.sql, and whether it is certainly $2 that does it. A sub-transaction of $2 looks like one of
-- somebody else.
select part.class,
       part.object,
       part.is_own,
       array_agg(part.catalog || ' ' || part.place),
       part.xmax::text = $2
  from (
/* parts */
       ) as part (catalog, class, object, is_own, row, xmin, xmax, place)
 where part.catalog = any ($1::text[])
   and part.xmax <> '0'::xid
   and age(part.xmax) <= age($2::text::xid)
 group by part.class, part.object, part.is_own, part.xmax::text = $2
