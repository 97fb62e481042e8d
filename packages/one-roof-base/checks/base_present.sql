-- Objects of this package that are there already and are ours by owner. Foreign ones were refused before.
with setting as (
    select
        current_setting('oneroof.approval_spine', true) as approval_spine,
        current_setting('oneroof.vocabulary', true)     as vocabulary
),
ours (name) as (
    select unnest(array[
        'governance_registry', 'governance_relations', 'governance_responsibility_scope',
        'governance_object_ownership', 'governance_inventory_group', 'governance_inventory_object',
        'v_governance_object_inventory', 'v_governance_object_containment', 'v_object_effective_owner',
        'v_object_owner_gap', 'v_object_owner_conflict', 'evolution_snapshots', 'governance_ruleset',
        'gov_worker_cursor', 'candidate_scan_run', 'governance_candidate_state', 'governance_candidate_object',
        'event_type_registry', 'event_outbox', 'governance_build_authorization', 'v_build_auth_valid'
    ])
    union all
    select unnest(array['taxonomy_facets', 'taxonomy', 'label_rules', 'entity_labels'])
    from setting as s
    where s.vocabulary in ('create', 'linked')
)
select
    count(*),
    string_agg(c.relname, ', ' order by c.relname)
from ours as o
join pg_catalog.pg_class as c
    on c.relname = o.name
join pg_catalog.pg_namespace as n
    on n.oid = c.relnamespace
where n.nspname = coalesce(nullif(current_setting('oneroof.schema', true), ''), 'public')
  and pg_catalog.pg_get_userbyid(c.relowner) = 'one_roof_owner'
