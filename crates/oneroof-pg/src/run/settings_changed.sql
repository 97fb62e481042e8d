-- Settings whose present value is not the one that was set. Limits are compared as intervals,
-- because the server shows 60000ms as 1min; every other value is compared as text.
select
    wanted.name,
    wanted.value,
    coalesce(current_setting(wanted.name, true), '')
from unnest($1::text[], $2::text[]) as wanted (name, value)
where case
    when wanted.name in ('lock_timeout', 'statement_timeout')
        then nullif(current_setting(wanted.name), '0')::interval is distinct from nullif(wanted.value, '0ms')::interval
    else coalesce(current_setting(wanted.name, true), '') <> wanted.value
end
