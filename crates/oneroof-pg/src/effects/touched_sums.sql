-- What rows of catalogs $1 say, as a sum, by the places ($2) where they lie: rows of other catalogs at these places come too.
-- Left out of the sum: estimates, file numbers, ages, and what the server keeps for itself.
select part.catalog || ' ' || part.place,
       md5((part.row - '{relpages,reltuples,relallvisible,relallfrozen,relfilenode,relfrozenxid,relminmxid,relhasindex,relhasrules,relhastriggers,relhassubclass,relrewrite,attcacheoff,atthasmissing,attmissingval,indcheckxmin}'::text[])::text)
  from (
/* parts */
       ) as part (catalog, class, object, is_own, row, xmin, xmax, place)
 where part.catalog = any ($1::text[])
   and part.place = any ($2::text[]::tid[])
