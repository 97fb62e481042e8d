-- The base made the authorization table exactly if the application has approval tables.
select case when b.spine = current_setting('oneroof.approval_spine', true) then 0 else 1 end,
       format('approval_spine is %s, the base has %s',
              coalesce(nullif(current_setting('oneroof.approval_spine', true), ''), 'not set'), b.spine)
from (
    select case
               when to_regclass('governance_build_authorization') is null then 'none'
               else 'application'
           end as spine
) b
