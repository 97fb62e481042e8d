-- May this role set the origin of a replication, and may it ask whether it is set?
select pg_catalog.has_function_privilege('pg_catalog.pg_replication_origin_session_setup(text)', 'execute')
     , pg_catalog.has_function_privilege('pg_catalog.pg_replication_origin_session_is_setup()', 'execute')
