-- Row operations of this session's present transaction, by table: tables of users (catalog false) and the system's
-- catalogs (catalog true). The functions behind pg_stat_xact_all_tables are asked directly: the view joins every table
-- with its indexes first, which takes some 20 ms where there are 1,000 tables.
select
    class.relnamespace = 'pg_catalog'::regnamespace as catalog,
    case
        when class.relnamespace = 'pg_catalog'::regnamespace then class.relname::text
        else format('%I.%I', namespace.nspname, class.relname)
    end,
    counted.inserted,
    counted.updated,
    counted.deleted
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
cross join lateral (
    select
        pg_stat_get_xact_tuples_inserted(class.oid) as inserted,
        pg_stat_get_xact_tuples_updated(class.oid) as updated,
        pg_stat_get_xact_tuples_deleted(class.oid) as deleted
    offset 0
) as counted
where class.relkind in ('r', 'p', 'm')
  and (
      class.relnamespace = 'pg_catalog'::regnamespace
      or namespace.nspname not in ('oneroof', 'information_schema')
      and namespace.nspname !~ '^pg_'
  )
  and counted.inserted + counted.updated + counted.deleted > 0
order by 1, 2
