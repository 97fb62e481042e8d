-- Grants that the roles of the package need and have not. Detail: the lines that give them. A role or schema that is
-- yet to be made needs them too; the owner of a schema that is yet to be made will own it.
with setting as (
    select
        coalesce(nullif(current_setting('oneroof.schema', true), ''), 'public') as schema_name,
        current_setting('oneroof.inventory_provider', true)                     as inventory_provider,
        current_setting('oneroof.approval_spine', true)                         as approval_spine,
        current_setting('oneroof.vocabulary', true)                             as vocabulary
),
schema_grant (part, role_name, privilege, schema_name) as (
    select 1, g.role_name, g.privilege, g.schema_name
    from setting as s
    cross join lateral (values
        ('one_roof_owner',    'usage',  'public'),
        ('one_roof_owner',    'usage',  s.schema_name),
        ('one_roof_owner',    'create', s.schema_name),
        ('one_roof_reader',   'usage',  s.schema_name),
        ('one_roof_operator', 'usage',  s.schema_name)
    ) as g (role_name, privilege, schema_name)
),
-- Tables that our views, functions, checks and metrics read, where they exist.
table_read (table_name, schema_name) as (
    select t.table_name, 'public'
    from setting as s
    cross join lateral (values
        ('collection_registry',   s.inventory_provider = 'directus-registry'),
        ('directus_collections',  true),
        ('approval_requests',     s.approval_spine = 'application'),
        ('apr_action_types',      s.approval_spine = 'application'),
        ('apr_approvals',         s.approval_spine = 'application'),
        ('os_proposal_approvals', s.approval_spine = 'application'),
        ('dot_tools',             true),
        ('system_issues',         true)
    ) as t (table_name, is_read)
    where t.is_read
    union all
    select v.table_name, case s.vocabulary when 'existing' then s.schema_name else 'public' end
    from setting as s
    cross join unnest(array['taxonomy_facets', 'taxonomy', 'label_rules', 'entity_labels']) as v (table_name)
    where s.vocabulary in ('existing', 'linked')
),
relation as (
    select
        t.table_name,
        t.schema_name,
        c.oid as relation
    from table_read as t
    join pg_catalog.pg_namespace as n
        on n.nspname = t.schema_name
    join pg_catalog.pg_class as c
        on  c.relnamespace = n.oid
        and c.relname = t.table_name
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
),
missing (part, line) as (
    select distinct g.part, format('grant %s on schema %I to %I', g.privilege, g.schema_name, g.role_name)
    from schema_grant as g
    left join pg_catalog.pg_namespace as n
        on n.nspname = g.schema_name
    where case
              when n.oid is null
                  then g.role_name <> 'one_roof_owner'
              when exists (select from pg_catalog.pg_roles as p where p.rolname = g.role_name)
                  then not has_schema_privilege(g.role_name, n.oid, g.privilege)
              else true
          end
    union all
    select 2, format('grant select on %I.%I to %I', r.schema_name, r.table_name, k.role_name)
    from relation as r
    cross join unnest(array['one_roof_owner', 'one_roof_reader']) as k (role_name)
    where case
              when exists (select from pg_catalog.pg_roles as p where p.rolname = k.role_name)
                  then not has_table_privilege(k.role_name, r.relation, 'select')
              else true
          end
    union all
    select 3, format('grant references (code) on %I.%I to one_roof_owner', r.schema_name, r.table_name)
    from relation as r
    -- By number: a name would be looked up in every table, before the table's own name is compared.
    join pg_catalog.pg_attribute as a
        on  a.attrelid = r.relation
        and a.attname = 'code'
    where r.table_name = 'approval_requests'
      and case
              when exists (select from pg_catalog.pg_roles as p where p.rolname = 'one_roof_owner')
                  then not has_column_privilege('one_roof_owner', r.relation, a.attnum, 'references')
              else true
          end
)
select
    count(*),
    string_agg(m.line, '; ' order by m.part, m.line)
from missing as m
