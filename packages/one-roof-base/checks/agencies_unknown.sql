-- Agencies that a hint or a relation names and the parameter `agencies` has not.
with agency as (
    select e.value ->> 'code' as code
    from jsonb_array_elements(coalesce(nullif(current_setting('oneroof.agencies', true), ''), '[]')::jsonb) as e (value)
),
named as (
    select
        1                                                          as part,
        e.ordinal,
        e.value ->> 'hint'                                         as code,
        format('hint of scope %s', e.value ->> 'code')             as place
    from jsonb_array_elements(coalesce(nullif(current_setting('oneroof.scopes', true), ''), '[]')::jsonb)
        with ordinality as e (value, ordinal)
    where e.value ->> 'hint' <> ''
    union all
    select
        2,
        e.ordinal,
        e.value ->> 'agency',
        format('relation %s %s', e.value ->> 'kind', e.value ->> 'law')
    from jsonb_array_elements(coalesce(nullif(current_setting('oneroof.relations', true), ''), '[]')::jsonb)
        with ordinality as e (value, ordinal)
)
select
    count(*),
    string_agg(format('%s (%s)', n.code, n.place), '; ' order by n.part, n.ordinal)
from named as n
where not exists (
    select
    from agency as a
    where a.code = n.code
)
