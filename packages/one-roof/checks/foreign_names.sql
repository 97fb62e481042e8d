-- The 43 names of this release that somebody else has taken. Ours are those of our owner with the shape
-- pinned here: kind, and md5 of the list name:type:not-null of the columns; for the function, its
-- arguments and result. All that are foreign are named at once.
with ours (name, kind, shape) as (
    values
    ('axis_registry',                          'r', 'c78c35c6d4dac77bde4731e5aca3c351'),
    ('axis_value',                             'r', '19d9fc1b6a4ac23a6a63e64e1c43c241'),
    ('axis_assignment',                        'r', '9a85fa7282b948e664aaee8f4c738a69'),
    ('coverage_rule',                          'r', '11090987802257e937d2d520403bb43a'),
    ('axis_object_ownership',                  'r', 'bca8bf2ae5b14454d7faf2cfe451de32'),
    ('axis_candidate_finding',                 'r', '4e307e3c7a974da131dd579e222bd258'),
    ('topic_taxonomy_map',                     'r', '1c337f0c6ea3f0e89fa4ae13cb0b71d6'),
    ('governance_scan_run',                    'r', '11327bc9b97855499c57ff231304ddea'),
    ('governance_drift_state',                 'r', '133ab42d6b58a019745382fdeb89cefa'),
    ('governance_event_log',                   'r', 'df3a6543a4bca31894c3d6bac1d2cfab'),
    ('topic_label_reconcile_decision',         'r', 'd4ec5759fda53c6ff112f153e0cf713d'),
    ('v_axis_required_cell',                   'v', '5e6bca0b720efb9ec071e660c275f163'),
    ('v_axis_effective_owner',                 'v', '47c17e29d34e9b65b8febc8d6171fe9a'),
    ('v_axis_coverage_gap',                    'v', '5e6bca0b720efb9ec071e660c275f163'),
    ('v_axis_assignment_quality',              'v', '6bc4746337c1c316b21105ec3115f45c'),
    ('v_axis_registry_coverage',               'v', 'c512fae68efcf22d2724d7ae1ec2e851'),
    ('v_axis_missing_assignment',              'v', '7a4245965082b92a8df22bbaf0782ae1'),
    ('v_axis_coverage_summary',                'v', 'f8661ee6020331aaf042d35b5711aaee'),
    ('v_axis_topic_parentage_conflict',        'v', 'ac68baebda79f71ff4986506d662bded'),
    ('v_reconcile_label_orphan',               'v', '1f2130fb279511bd3de40f77565577df'),
    ('v_reconcile_topic_without_label',        'v', '4ec9bd1c7b938b683e9e2beb54de585b'),
    ('v_reconcile_label_without_topic',        'v', '7bc97686d451984a777065b56215a246'),
    ('v_reconcile_collection_topic_vs_label',  'v', 'f7ed8ce27eb865d8e8f9a72b12698ded'),
    ('v_reconcile_topic_projection_gap',       'v', '9c646f6550b73e8551ee21c332cec6a2'),
    ('v_reconcile_summary',                    'v', 'e2c44d6a75e45207358156665a1078e0'),
    ('v_drift_unregistered_axis',              'v', '0865089d5f79c86f8981a57b74fc914c'),
    ('v_drift_ui_visible_unapproved',          'v', '0865089d5f79c86f8981a57b74fc914c'),
    ('v_drift_coverage_rule_missing',          'v', '9e66cddf5399cdac474d1291b292b8cd'),
    ('v_drift_stale_candidate_value',          'v', '92da80b1fad5faeab8e5fed783b3c1f3'),
    ('v_drift_event_map',                      'v', 'bfb926853b6823f0f0061882f4ab5514'),
    ('v_projection_lag_timing',                'v', '94384032e59d15efd6a55004ddef8b7a'),
    ('v_drift_finding',                        'v', 'b088696d625621c683aea12076beaede'),
    ('v_drift_summary',                        'v', '2796f31b143dca3173eec5144bd273b5'),
    ('v_axis_issue_payload',                   'v', '8bb4832fee2366deef99727575bda73d'),
    ('v_drift_issue_payload',                  'v', 'e86afed29cc40a5f522ce80a8096ae95'),
    ('v_ui_object_topic',                      'v', 'b7f47b6aefe73ba3e4308c486f0cefca'),
    ('v_ui_lane',                              'v', 'a4ced39bbdf3989594cfc68534ee2d6e'),
    ('v_ui_topic_tree',                        'v', 'b0daa29ed888cdf8922ffd4165d09b2f'),
    ('v_ui_review_queue',                      'v', '72763703a3a10eeb378187d3a3aee7e8'),
    ('v_ui_detector_findings',                 'v', '4bd6183a9ace8112cfe983c47b6e3367'),
    ('v_ui_axis_browser',                      'v', '2718c319132385aa918d8303af5b3a5d'),
    ('v_ui_coverage_dashboard',                'v', 'ee58aa48bf358ec8eefce8446828ae8a')
), taken as (
    select o.name,
           case
               when c.relowner is distinct from w.oid then 'other owner'
               when c.relkind::text <> o.kind         then 'other shape'
               when o.shape is distinct from (
                   select md5(string_agg(
                              a.attname || ':' || format_type(a.atttypid, a.atttypmod) || ':' || a.attnotnull::text,
                              ',' order by a.attnum))
                   from pg_attribute a
                   where a.attrelid = c.oid
                     and a.attnum > 0
                     and not a.attisdropped
               ) then 'other shape'
           end as reason
    from ours o
    join pg_class c
      on c.oid = to_regclass(o.name)
    left join pg_roles w
      on w.rolname = 'one_roof_owner'
    union all
    select p.proname,
           case
               when p.proowner is distinct from w.oid then 'other owner'
               when pg_get_function_arguments(p.oid) <> 'actor text, mode text'
                 or pg_get_function_result(p.oid) is distinct from 'bigint' then 'other shape'
           end
    from pg_proc p
    join pg_namespace n
      on n.oid = p.pronamespace
     and n.nspname = current_schema()
    left join pg_roles w
      on w.rolname = 'one_roof_owner'
    where p.proname = 'fn_governance_scan'
    union all
    -- a type without a table would stand in the way of a table's row type
    select t.typname,
           'other shape'
    from ours o
    join pg_type t
      on t.typname = o.name
     and t.typrelid = 0
    join pg_namespace n
      on n.oid = t.typnamespace
     and n.nspname = current_schema()
)
select count(*),
       string_agg(t.name || ' (' || t.reason || ')', ', ' order by t.name)
from taken t
where t.reason is not null
