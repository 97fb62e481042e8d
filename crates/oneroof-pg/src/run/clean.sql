-- Can nothing of an earlier transaction be in this session any more, after reset.sql?
select
    -- temporary tables
    pg_catalog.pg_my_temp_schema() = 0
    and not exists (select from pg_catalog.pg_prepared_statements as p where p.from_sql)
    -- Languages whose interpreters keep variables of their own, and functions in C, whose libraries may keep anything
    -- (dblink its connections).
    and not exists (select from pg_catalog.pg_language as l where l.lanname not in ('internal', 'c', 'sql', 'plpgsql'))
    and not exists (
        select
          from pg_catalog.pg_proc as p
         where p.oid >= 16384
           and p.prolang in (select l.oid from pg_catalog.pg_language as l where l.lanname in ('c', 'internal'))
           and not exists (
               select
                 from pg_catalog.pg_depend as d
                 join pg_catalog.pg_extension as e on e.oid = d.refobjid
                where d.classid = 'pg_catalog.pg_proc'::regclass
                  and d.objid = p.oid
                  and d.refclassid = 'pg_catalog.pg_extension'::regclass
                  and d.deptype = 'e'
                  -- PostgreSQL's own that keep nothing in a session but settings.
                  and e.extname in ('btree_gin', 'btree_gist', 'citext', 'cube', 'earthdistance', 'fuzzystrmatch', 'hstore', 'intarray',
                                    'lo', 'ltree', 'pg_stat_statements', 'pg_trgm', 'pgcrypto', 'seg', 'tablefunc', 'tcn',
                                    'unaccent', 'uuid-ossp')
           )
    )
