-- What the matrix gives to whom: cells of born objects, and the anchors they are inherited from.
with cell as (
    select c.container, s.scope_code, m.owner
    from (
        select distinct e.parent_ref as container
        from v_governance_object_containment e
        where e.parent_type = 'group'
          and e.parent_ref is not null
    ) c
    cross join governance_responsibility_scope s
    cross join lateral (
        select x.owner
        from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.owner_matrix', true), ''), '[]')::jsonb)
             as x (container text, owner text, scope text)
        where x.container in (c.container, '*')
          and (x.scope is null or x.scope = s.scope_code)
        order by (x.container = '*'), (x.scope is null)
        limit 1
    ) m
    where s.status = 'active'
), agency as (
    select a.owner,
           count(*)       as anchors,
           sum(m.members) as cells
    from cell a
    cross join lateral (
        select count(*) as members
        from v_governance_object_inventory i
        join v_governance_object_containment e
          on e.object_type = i.object_type
         and e.object_ref = i.object_ref
         and e.parent_type = 'group'
        where i.born
          and i.requires_owner
          and e.parent_ref = a.container
    ) m
    group by a.owner
)
select string_agg(format('%s %s cells + %s anchors', g.owner, g.cells, g.anchors), ', ' order by g.cells desc, g.owner)
from agency g
