-- Mappings to foreign servers of these roles ($1, 0 for everybody).
select
    'user-mappings' as item,
    format('user mapping for %s on server %I', whom.name, m.srvname) as seen,
    format('drop user mapping for %s server %I;', whom.name, m.srvname) as mend
from pg_catalog.pg_user_mappings as m
cross join lateral (
    select case m.umuser
               when 0 then 'public'
               else (select quote_ident(r.rolname) from pg_catalog.pg_roles as r where r.oid = m.umuser)
           end as name
) as whom
where m.umuser = any ($1::oid[])
order by 2
