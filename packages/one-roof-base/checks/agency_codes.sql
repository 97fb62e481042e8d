-- Malformed codes of agencies, each with the right one: payments-team: use GOV-PAYMENTS-TEAM
select
    count(*),
    string_agg(
        format(
            '%s: use GOV-%s',
            a.code,
            coalesce(
                nullif(
                    btrim(
                        regexp_replace(
                            regexp_replace(upper(a.code), '^[^A-Z0-9]*GOV([^A-Z0-9]+|$)', ''),
                            '[^A-Z0-9]+', '-', 'g'
                        ),
                        '-'
                    ),
                    ''
                ),
                'and capitals, digits or -'
            )
        ),
        '; ' order by a.ordinal
    )
from (
    select
        e.value ->> 'code' as code,
        e.ordinal
    from jsonb_array_elements(coalesce(nullif(current_setting('oneroof.agencies', true), ''), '[]')::jsonb)
        with ordinality as e (value, ordinal)
) as a
where (a.code ~ '^GOV-[A-Z0-9-]+$') is not true
