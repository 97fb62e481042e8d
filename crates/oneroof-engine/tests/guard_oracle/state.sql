-- Everything that outlives a statement and that somebody could notice.
select
    pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text as next_transaction,
    (select pg_catalog.count(*) from pg_catalog.pg_class) as relations,
    (select pg_catalog.count(*) from pg_catalog.pg_attribute) as columns,
    (select pg_catalog.count(*) from pg_catalog.pg_proc) as functions,
    (select pg_catalog.count(*) from pg_catalog.pg_type) as types,
    (select pg_catalog.count(*) from pg_catalog.pg_depend) as dependencies,
    (select pg_catalog.count(*) from pg_catalog.pg_description) as comments,
    (select pg_catalog.count(*) from pg_catalog.pg_statistic) as statistics,
    (select pg_catalog.sum(s.last_value) from pg_catalog.pg_sequences as s) as sequences,
    (select pg_catalog.count(*) from pg_catalog.pg_locks as l where l.locktype = 'advisory') as advisory_locks,
    (select pg_catalog.count(*) from pg_catalog.pg_largeobject_metadata) as large_objects,
    (select pg_catalog.sum(pg_catalog.length(o.data)) from pg_catalog.pg_largeobject as o) as large_object_bytes,
    (select pg_catalog.count(*) from pg_catalog.pg_replication_slots) as slots,
    (select pg_catalog.count(*) from pg_catalog.pg_replication_origin) as origins,
    (select pg_catalog.count(*) from pg_catalog.pg_prepared_xacts) as prepared_transactions,
    (select pg_catalog.md5(pg_catalog.string_agg(a::text, ' ' order by a.oid)) from pg_catalog.pg_authid as a) as roles,
    (select pg_catalog.md5(pg_catalog.string_agg(s.name || '=' || s.setting, ' ' order by s.name))
        from pg_catalog.pg_settings as s) as settings,
    (select pg_catalog.count(*) from pg_catalog.pg_prepared_statements) as prepared_statements,
    (select pg_catalog.count(*) from pg_catalog.pg_cursors) as cursors,
    (select pg_catalog.count(*) from pg_catalog.pg_listening_channels()) as channels,
    pg_catalog.pg_notification_queue_usage() as notifications
