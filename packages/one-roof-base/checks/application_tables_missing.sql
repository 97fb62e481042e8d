-- Tables of the application, and columns of them, that the chosen parameters need and the database has not.
with setting as (
    select
        coalesce(nullif(current_setting('oneroof.schema', true), ''), 'public') as schema_name,
        current_setting('oneroof.inventory_provider', true)                     as inventory_provider,
        current_setting('oneroof.approval_spine', true)                         as approval_spine,
        current_setting('oneroof.vocabulary', true)                             as vocabulary
),
needed as (
    select
        case t.place when 'vocabulary' then case s.vocabulary when 'existing' then s.schema_name else 'public' end
            else 'public' end as schema_name,
        t.table_name,
        t.columns
    from setting as s
    cross join lateral (values
        ('inventory', s.inventory_provider = 'directus-registry', 'collection_registry',
            array['collection_name', 'group', 'governance_role', 'coverage_status']),
        ('inventory', s.inventory_provider = 'directus', 'directus_collections',
            array['collection', 'group']),
        ('spine', s.approval_spine = 'application', 'approval_requests',
            array['id', 'code', 'status', 'proposed_action_code', 'source_context']),
        ('spine', s.approval_spine = 'application', 'apr_action_types',
            array['action_code', 'risk_level']),
        ('spine', s.approval_spine = 'application', 'apr_approvals',
            array['apr_id', 'approver', 'approver_type', 'decision']),
        ('spine', s.approval_spine = 'application', 'os_proposal_approvals',
            array['signature_text', 'signature_image', 'esignature_agreement', 'metadata']),
        ('vocabulary', s.vocabulary in ('existing', 'linked'), 'taxonomy_facets',
            array['id', 'code', 'status']),
        ('vocabulary', s.vocabulary in ('existing', 'linked'), 'taxonomy',
            array['id', 'code', 'name', 'facet_id', 'status']),
        ('vocabulary', s.vocabulary in ('existing', 'linked'), 'label_rules',
            array['id', 'rule_type', 'condition', 'result_label', 'status']),
        ('vocabulary', s.vocabulary in ('existing', 'linked'), 'entity_labels',
            array['entity_code', 'label_code', 'rule_id', 'assigned_at'])
    ) as t (place, is_needed, table_name, columns)
    where t.is_needed
),
found as (
    select
        n.*,
        c.oid as relation
    from needed as n
    left join pg_catalog.pg_namespace as s
        on s.nspname = n.schema_name
    left join pg_catalog.pg_class as c
        on  c.relnamespace = s.oid
        and c.relname = n.table_name
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
),
missing (name) as (
    select format('%I.%I', f.schema_name, f.table_name)
    from found as f
    where f.relation is null
    union all
    select format('%I.%I.%I', f.schema_name, f.table_name, k.column_name)
    from found as f
    cross join lateral unnest(f.columns) as k (column_name)
    where f.relation is not null
      and not exists (
          select
          from pg_catalog.pg_attribute as a
          where a.attrelid = f.relation
            and a.attname = k.column_name
            and not a.attisdropped
      )
)
select
    count(*),
    string_agg(m.name, ', ' order by m.name)
from missing as m
