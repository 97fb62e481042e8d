-- Faults in the shape of the parameters, each in words. Codes of agencies and references to them have checks
-- of their own.
with setting as (
    select
        coalesce(nullif(current_setting('oneroof.schema', true), ''), 'public')                    as schema_name,
        nullif(current_setting('oneroof.vocabulary', true), '')                                    as vocabulary,
        coalesce(nullif(current_setting('oneroof.agencies', true), ''), '[]')::jsonb               as agencies,
        coalesce(nullif(current_setting('oneroof.relations', true), ''), '[]')::jsonb              as relations,
        coalesce(nullif(current_setting('oneroof.scopes', true), ''), '[]')::jsonb                 as scopes,
        coalesce(nullif(current_setting('oneroof.inventory_groups', true), ''), '[]')::jsonb       as inventory_groups,
        coalesce(nullif(current_setting('oneroof.catalog_kinds', true), ''), '[]')::jsonb          as catalog_kinds
),
list as (
    select p.parameter, p.value
    from setting as s
    cross join lateral (values
        ('agencies',         s.agencies),
        ('relations',        s.relations),
        ('scopes',           s.scopes),
        ('inventory_groups', s.inventory_groups),
        ('catalog_kinds',    s.catalog_kinds)
    ) as p (parameter, value)
),
entry as (
    select
        l.parameter,
        e.ordinal,
        e.value,
        format('%s, entry %s', l.parameter, e.ordinal) as place
    from list as l
    cross join lateral jsonb_array_elements(
        case jsonb_typeof(l.value) when 'array' then l.value else '[]' end
    ) with ordinality as e (value, ordinal)
),
required_key (parameter, key) as (
    values
        ('agencies',         'code'),
        ('agencies',         'name'),
        ('relations',        'agency'),
        ('relations',        'kind'),
        ('relations',        'law'),
        ('scopes',           'code'),
        ('scopes',           'description'),
        ('inventory_groups', 'container'),
        ('inventory_groups', 'group')
),
allowed_key (parameter, keys) as (
    values
        ('agencies',         array['code', 'name', 'status']),
        ('relations',        array['agency', 'kind', 'law']),
        ('scopes',           array['code', 'description', 'hint', 'sort']),
        ('inventory_groups', array['container', 'group', 'governed'])
),
identity (parameter, ordinal, identity) as (
    select e.parameter, e.ordinal, e.value ->> 'code'
    from entry as e
    where e.parameter in ('agencies', 'scopes')
    union all
    select e.parameter, e.ordinal, e.value ->> 'container'
    from entry as e
    where e.parameter = 'inventory_groups'
    union all
    select e.parameter, e.ordinal, concat_ws(' ', e.value ->> 'agency', e.value ->> 'kind', e.value ->> 'law')
    from entry as e
    where e.parameter = 'relations'
),
fault (parameter, ordinal, fault) as (
    select 'schema', 0, format('schema %s is not ours to use', s.schema_name)
    from setting as s
    where s.schema_name in ('oneroof', 'information_schema')
       or s.schema_name like 'pg\_%'
    union all
    select 'vocabulary', 0, 'vocabulary = linked needs a schema other than public'
    from setting as s
    where s.vocabulary = 'linked'
      and s.schema_name = 'public'
    union all
    select l.parameter, 0, format('%s is no list', l.parameter)
    from list as l
    where jsonb_typeof(l.value) <> 'array'
    union all
    select l.parameter, 0, format('%s is empty', l.parameter)
    from list as l
    where l.parameter in ('agencies', 'scopes')
      and l.value = '[]'
    union all
    select e.parameter, e.ordinal, format('%s is no table', e.place)
    from entry as e
    where e.parameter <> 'catalog_kinds'
      and jsonb_typeof(e.value) <> 'object'
    union all
    select e.parameter, e.ordinal, format('%s has no %s', e.place, k.key)
    from entry as e
    join required_key as k using (parameter)
    where jsonb_typeof(e.value) = 'object'
      and coalesce(btrim(e.value ->> k.key), '') = ''
    union all
    select e.parameter, e.ordinal, format('%s has an unknown key %s', e.place, k.key)
    from entry as e
    join allowed_key as a using (parameter)
    cross join lateral jsonb_object_keys(
        case jsonb_typeof(e.value) when 'object' then e.value else '{}' end
    ) as k (key)
    where k.key <> all (a.keys)
    union all
    select i.parameter, min(i.ordinal), format('%s names %s twice', i.parameter, i.identity)
    from identity as i
    where i.identity <> ''
    group by i.parameter, i.identity
    having count(*) > 1
    union all
    select e.parameter, e.ordinal, format('%s: status %s, expected draft, active or retired', e.place, e.value ->> 'status')
    from entry as e
    where e.parameter = 'agencies'
      and coalesce(e.value ->> 'status', 'draft') not in ('draft', 'active', 'retired')
    union all
    select e.parameter, e.ordinal, format('%s: sort is no whole number', e.place)
    from entry as e
    where e.parameter = 'scopes'
      and coalesce(e.value ->> 'sort', '0') !~ '^[0-9]{1,9}$'
    union all
    select e.parameter, e.ordinal, format('%s: governed is neither true nor false', e.place)
    from entry as e
    where e.parameter = 'inventory_groups'
      and jsonb_typeof(coalesce(e.value -> 'governed', 'true')) <> 'boolean'
    union all
    select e.parameter, e.ordinal, format('%s: %s, expected r, p, v, m, f or unlogged', e.place, e.value #>> '{}')
    from entry as e
    where e.parameter = 'catalog_kinds'
      and coalesce(e.value #>> '{}', '') <> all (array['r', 'p', 'v', 'm', 'f', 'unlogged'])
)
select
    count(*),
    string_agg(f.fault, '; ' order by f.parameter, f.ordinal, f.fault)
from fault as f
