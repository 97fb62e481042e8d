-- Rows of the application's e-sign table that count for the gate. A simulated row counts on a marked
-- clone only; the mark is read from the catalog, because any session can forge a setting, and it is
-- believed only if it names this very database, because a restored copy keeps the setting.
select count(*)
from public.os_proposal_approvals a
where a.metadata ->> 'simulated' is distinct from 'true'
   or exists (
       select
       from (
           select case
                      when s.item like 'oneroof.mark=%' then substr(s.item, length('oneroof.mark=') + 1)::jsonb
                  end as mark,
                  r.setdatabase
           from pg_db_role_setting r
           cross join lateral unnest(r.setconfig) as s (item)
           where r.setrole = 0
             and r.setdatabase = (select d.oid from pg_database d where d.datname = current_database())
       ) m
       where m.mark ->> 'class' in ('clone', 'golden', 'scratch')
         and m.mark ->> 'database_oid' = m.setdatabase::text
   )
