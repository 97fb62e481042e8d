-- The base lives in one schema, and this release must live in the same one.
select case when n.nspname = current_setting('oneroof.schema', true) then 0 else 1 end,
       format('schema is %s, the base is in %s',
              coalesce(nullif(current_setting('oneroof.schema', true), ''), 'not set'),
              coalesce(n.nspname, 'no schema'))
from (select to_regclass('governance_object_ownership') as oid) t
left join pg_class c     on c.oid = t.oid
left join pg_namespace n on n.oid = c.relnamespace
