-- Is the ledger here? Asked of the catalog, so that it needs no right on schema oneroof.
select exists (select
                 from pg_catalog.pg_namespace as n
                 join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = 'entry' and c.relkind = 'r'
                 join pg_catalog.pg_proc as f on f.pronamespace = n.oid and f.proname = 'append' and f.prosecdef
                where n.nspname = 'oneroof') as ledger_exists
