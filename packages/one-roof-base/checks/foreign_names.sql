-- Names that the package would take and that belong to somebody else. Ours are those of our owner with the shape
-- pinned here: kind, and md5 of the list name:type:not-null of the columns (for a function, its arguments and
-- result). The columns of a linked view are the application's, so they have no pinned shape.
with setting as (
    select
        coalesce(nullif(current_setting('oneroof.schema', true), ''), 'public') as schema_name,
        current_setting('oneroof.inventory_provider', true)                     as inventory_provider,
        current_setting('oneroof.approval_spine', true)                         as approval_spine,
        current_setting('oneroof.vocabulary', true)                             as vocabulary
),
our_relation as (
    select
        s.schema_name,
        r.name,
        r.kind,
        r.shape
    from setting as s
    cross join lateral (values
        (true,                                         'governance_registry',               'r', '6cf8e3ffa7e85bccb3d55a039581243b'),
        (true,                                         'governance_relations',              'r', 'd73cdb1833b8abe1a2430d7047b7e20d'),
        (true,                                         'governance_responsibility_scope',   'r', '24b72884908937bf5978626c5797e914'),
        (true,                                         'governance_object_ownership',       'r', '4b3deb5b2b5a82ea050c8c8eea590334'),
        (true,                                         'v_governance_object_inventory',     'v', '090a5f4b989cbcee0eb304462a69755a'),
        (true,                                         'v_governance_object_containment',   'v', '1e59203f1c5e82607deb8cca845f0a13'),
        (true,                                         'v_object_effective_owner',          'v', '171550c555f4e3afe11356dfecc01cc1'),
        (true,                                         'v_object_owner_gap',                'v', '01c930ec9951d4b5e5cf3eb9884c166d'),
        (true,                                         'v_object_owner_conflict',           'v', '7d3c370f8716f103640cd47aff23124f'),
        (true,                                         'evolution_snapshots',               'r', '070b0b40019673215a185510886dfbb7'),
        (true,                                         'governance_ruleset',                'r', 'd3727e7a1b94836dbfbce3fd99c7f338'),
        (true,                                         'gov_worker_cursor',                 'r', '304a3eafe69c2536541515d313102c7f'),
        (true,                                         'candidate_scan_run',                'r', '71dff63cf0ea57e1598afb3511ecee7b'),
        (true,                                         'governance_candidate_state',        'r', '40eb015b40d89a3f7c1acfe32b0f7e6b'),
        (true,                                         'governance_candidate_object',       'r', 'bf73860830cd07fa9ded1fe93f1e1146'),
        (true,                                         'event_type_registry',               'r', '9971ec11a5cfa6993d4ed017fadd1365'),
        (true,                                         'event_outbox',                      'r', 'd7a0ed4be82c8c9d6cad9fac4b21ad21'),
        (s.inventory_provider in ('directus', 'catalog'), 'governance_inventory_group',        'r', 'c0e6237b724018cb631d0d1f065da2f2'),
        (s.inventory_provider in ('directus', 'catalog'), 'governance_inventory_object',       'r', 'c4b39b89918ec853efa6473286b2e344'),
        (s.approval_spine = 'application',             'governance_build_authorization',    'r', '06544e39fc1c2a10ac99b8e4f9bceba7'),
        (s.approval_spine = 'application',             'v_build_auth_valid',                'v', 'eb8e47562be32b100422445443248003'),
        (s.vocabulary = 'create',                      'taxonomy_facets',                   'r', '5015b582555cc8db15b41311fdab98ca'),
        (s.vocabulary = 'create',                      'taxonomy',                          'r', '9893ee7391d3a53da660533ae06eee9c'),
        (s.vocabulary = 'create',                      'label_rules',                       'r', 'd9b1ff9df55f64ad948cc3fc4c621081'),
        (s.vocabulary = 'create',                      'entity_labels',                     'r', '119ad25f9d00cfd0ee3b05ed7950deb1'),
        (s.vocabulary = 'linked',                      'taxonomy_facets',                   'v', null),
        (s.vocabulary = 'linked',                      'taxonomy',                          'v', null),
        (s.vocabulary = 'linked',                      'label_rules',                       'v', null),
        (s.vocabulary = 'linked',                      'entity_labels',                     'v', null)
    ) as r (is_made, name, kind, shape)
    where r.is_made
),
our_function as (
    select
        s.schema_name,
        f.name,
        f.arguments,
        f.result
    from setting as s
    cross join lateral (values
        (true,                             'fn_event_type_validate',  '',                       'trigger'),
        (s.approval_spine = 'application', 'quorum_passed',           'code text',              'boolean'),
        (s.approval_spine = 'application', 'valid_sovereign_esign',   'code text',              'boolean'),
        (s.approval_spine = 'application', 'fn_build_commit_allowed', 'step text, actor text',  'boolean')
    ) as f (is_made, name, arguments, result)
    where f.is_made
),
taken (name, reason) as (
    select
        o.name,
        case
            when pg_catalog.pg_get_userbyid(c.relowner) <> 'one_roof_owner' then 'other owner'
            when c.relkind::text <> o.kind                                  then 'other shape'
            when o.shape <> md5((
                select string_agg(
                    a.attname || ':' || format_type(a.atttypid, a.atttypmod) || ':' || a.attnotnull::text,
                    ',' order by a.attnum
                )
                from pg_catalog.pg_attribute as a
                where a.attrelid = c.oid
                  and a.attnum > 0
                  and not a.attisdropped
            ))                                                              then 'other shape'
        end
    from our_relation as o
    join pg_catalog.pg_namespace as n
        on n.nspname = o.schema_name
    join pg_catalog.pg_class as c
        on  c.relnamespace = n.oid
        and c.relname = o.name
    union all
    -- Any function of the name, whatever its arguments: an overload could be called in place of ours.
    select
        o.name,
        case
            when pg_catalog.pg_get_userbyid(p.proowner) <> 'one_roof_owner'             then 'other owner'
            when pg_catalog.pg_get_function_arguments(p.oid) <> o.arguments
                or pg_catalog.pg_get_function_result(p.oid) is distinct from o.result   then 'other shape'
        end
    from our_function as o
    join pg_catalog.pg_namespace as n
        on n.nspname = o.schema_name
    join pg_catalog.pg_proc as p
        on  p.pronamespace = n.oid
        and p.proname = o.name
)
select
    count(*),
    string_agg(format('%s (%s)', t.name, t.reason), ', ' order by t.name)
from taken as t
where t.reason is not null
