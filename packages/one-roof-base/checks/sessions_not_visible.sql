-- Roles that cannot see the state of other roles' sessions: to them nobody is ever idle in a transaction.
-- Asked for the two roles that count sessions, and for whoever asks now. A role that is yet to be made needs it too.
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
where case
          when exists (select from pg_catalog.pg_roles as p where p.rolname = r.role_name)
              then not pg_has_role(r.role_name, 'pg_read_all_stats', 'usage')
          else true
      end
