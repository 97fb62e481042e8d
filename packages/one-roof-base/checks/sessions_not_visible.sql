-- Roles that cannot see the state of other roles' sessions: to them nobody is ever idle in a transaction.
-- Asked for the two roles that count sessions, and for whoever asks now.
select
    count(*),
    string_agg(format('grant pg_read_all_stats to %I', r.role_name), '; ' order by r.role_name)
from (
    select 'one_roof_owner'::name as role_name
    union
    select 'one_roof_reader'
    union
    select current_user
) as r
where not pg_has_role(r.role_name, 'pg_read_all_stats', 'usage')
