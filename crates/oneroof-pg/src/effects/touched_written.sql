-- Rows that transaction $2, whose age is $3, wrote to catalogs $1, sub-transactions included, asked in its own session: by the
-- object that they belong to, whether one is the row of the object itself, and where they lie.
-- What others committed meanwhile is visible too and may be younger; only our own is still in progress.
select part.class,
       part.object,
       bool_or(part.is_own),
       array_agg(part.catalog || ' ' || part.place),
       true
  from (
/* parts */
       ) as part (catalog, class, object, is_own, row, xmin, xmax, place)
 where part.catalog = any ($1::text[])
   and age(part.xmin) <= $3::int4
   and (part.xmin::text = $2
        or pg_xact_status(((pg_current_xact_id_if_assigned()::text::bigint + $3 - age(part.xmin))::text)::xid8) = 'in progress')
 group by part.class, part.object
