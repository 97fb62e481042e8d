-- Entries of the owner matrix that name something unknown, or say the same thing twice.
with entry as (
    select x.container, x.owner, x.scope
    from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.owner_matrix', true), ''), '[]')::jsonb)
         as x (container text, owner text, scope text)
), problem as (
    select 'container ' || coalesce(e.container, 'not named') as what
    from entry e
    where e.container is distinct from '*'
      and not exists (
          select from v_governance_object_containment c
          where c.parent_type = 'group'
            and c.parent_ref = e.container
      )
    union
    select 'scope ' || e.scope
    from entry e
    where e.scope is not null
      and not exists (
          select from governance_responsibility_scope s
          where s.scope_code = e.scope
            and s.status = 'active'
      )
    union
    select 'agency ' || coalesce(e.owner, 'not named')
    from entry e
    where not exists (
        select from governance_registry g
        where g.code = e.owner
    )
    union
    select 'twice ' || e.container || coalesce('/' || e.scope, '')
    from entry e
    group by e.container, e.scope
    having count(*) > 1
)
select count(*),
       string_agg(p.what, ', ' order by p.what)
from problem p
