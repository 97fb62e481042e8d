-- Rows that transaction $1 wrote, sub-transactions included, asked in its own session, with the object that each belongs to and
-- a sum of what it says. Left out of the sum: estimates, file numbers, ages, and what the server keeps for itself.
-- What others committed meanwhile is visible too and may be younger; only our own is still in progress.
select part.class,
       part.object,
       part.is_own,
       md5((part.row - '{relpages,reltuples,relallvisible,relallfrozen,relfilenode,relfrozenxid,relminmxid,relhasindex,relhasrules,relhastriggers,relhassubclass,relrewrite,attcacheoff,atthasmissing,attmissingval,indcheckxmin}'::text[])::text),
       part.catalog || ' ' || part.place,
       true
  from (
/* parts */
       ) as part (catalog, class, object, is_own, row, xmin, xmax, place)
 where age(part.xmin) <= age($1::text::xid)
   and (part.xmin::text = $1
        or pg_xact_status(((pg_current_xact_id()::text::bigint + age($1::text::xid) - age(part.xmin))::text)::xid8) = 'in progress')
