-- Row operations of this session's present transaction, by table: tables of users (catalog false) and the system's
-- catalogs (catalog true). Asked of the catalogs, and of the relations on which the transaction holds a lock: whoever writes
-- to a table keeps one until the end. The view pg_stat_xact_all_tables would look at every table and its indexes.
with candidate as materialized (
    select class.oid
      from pg_catalog.pg_class as class
     where class.oid < 16384
       and class.relnamespace = 'pg_catalog'::regnamespace
    union
    select held.relation
      from pg_catalog.pg_locks as held
     where held.pid = pg_backend_pid()
       and held.locktype = 'relation'
       and held.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
),
counted as materialized (
    select candidate.oid,
           pg_stat_get_xact_tuples_inserted(candidate.oid) as inserted,
           pg_stat_get_xact_tuples_updated(candidate.oid) as updated,
           pg_stat_get_xact_tuples_deleted(candidate.oid) as deleted
      from candidate
)
select
    class.relnamespace = 'pg_catalog'::regnamespace as catalog,
    case
        when class.relnamespace = 'pg_catalog'::regnamespace then class.relname::text
        else format('%I.%I', namespace.nspname, class.relname)
    end,
    counted.inserted,
    counted.updated,
    counted.deleted
from counted
join pg_catalog.pg_class as class on class.oid = counted.oid
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
where counted.inserted + counted.updated + counted.deleted > 0
  and class.relkind in ('r', 'p') -- rows of a materialized view are nobody's: its query makes them
  and (
      class.relnamespace = 'pg_catalog'::regnamespace
      or namespace.nspname not in ('oneroof', 'information_schema')
      and namespace.nspname !~ '^pg_'
  )
order by 1, 2
