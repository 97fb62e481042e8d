-- Rows that transaction $1, or one that began later, is replacing or deleting, as far as the asking session sees them: as in
-- touched_written.sql, and whether it is certainly $1 that does it. A sub-transaction of $1 looks like one of somebody else.
select part.class,
       part.object,
       part.is_own,
       md5((part.row - '{relpages,reltuples,relallvisible,relallfrozen,relfilenode,relfrozenxid,relminmxid,relhasindex,relhasrules,relhastriggers,relhassubclass,relrewrite,attcacheoff,atthasmissing,attmissingval,indcheckxmin}'::text[])::text),
       part.catalog || ' ' || part.place,
       part.xmax::text = $1
  from (
/* parts */
       ) as part (catalog, class, object, is_own, row, xmin, xmax, place)
 where part.xmax <> '0'::xid
   and age(part.xmax) <= age($1::text::xid)
