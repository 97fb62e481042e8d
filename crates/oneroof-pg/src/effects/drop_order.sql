-- Which of the objects depends on which.
select d.place::int4, on_which.place::int4, dependency.goes_with_it
  from dependency
  join asked as d on d.catalog = dependency.catalog and d.oid = dependency.oid
  join asked as on_which on on_which.catalog = dependency.on_catalog and on_which.oid = dependency.on_oid
 where d.place <> on_which.place
