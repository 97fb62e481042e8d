-- Who is accountable in effect, and where nobody or more than one is.

create view v_object_effective_owner as
with recursive climb as (
    -- What lies above each object, level by level.
    select
        e.object_type,
        e.object_ref,
        e.parent_type  as node_type,
        e.parent_ref   as node_ref,
        1              as depth
    from v_governance_object_containment as e
    union all
    -- An object has one parent, so a circle of groups is a thread that ends at depth 64.
    select
        c.object_type,
        c.object_ref,
        p.parent_type,
        p.parent_ref,
        c.depth + 1
    from climb as c
    join v_governance_object_containment as p
        on  p.object_type = c.node_type
        and p.object_ref = c.node_ref
    where c.depth < 64
),
held as (
    -- Its own rows, anchors or not. Whatever somebody owns is shown: objects, groups, and what is no longer listed.
    select
        o.object_type,
        o.object_ref,
        o.scope,
        o.owner_gov_code,
        o.owner_kind,
        o.object_type   as source_anchor_type,
        o.object_ref    as source_anchor_ref,
        'direct'::text  as resolution,
        0               as depth,
        o.id
    from governance_object_ownership as o
    where o.owner_kind = 'accountable'
      and o.lifecycle_status = 'active'
      and o.effective_from <= now()
      and (o.effective_to is null or now() < o.effective_to)
    union all
    -- Of what lies above, only anchors. Joined to the table itself, so that its index is there for every plan.
    select
        c.object_type,
        c.object_ref,
        o.scope,
        o.owner_gov_code,
        o.owner_kind,
        o.object_type as source_anchor_type,
        o.object_ref as source_anchor_ref,
        'inherited' as resolution,
        c.depth,
        o.id
    from climb as c
    join governance_object_ownership as o
        on  o.object_type = c.node_type
        and o.object_ref = c.node_ref
    where o.owner_kind = 'accountable'
      and o.lifecycle_status = 'active'
      and o.effective_from <= now()
      and (o.effective_to is null or now() < o.effective_to)
      and o.is_inherited_anchor
)
-- Sorted as bytes, what differs most first: the order serves the choice alone, and it is most of the cost.
select distinct on (h.object_ref collate "C", h.scope collate "C", h.object_type collate "C")
    h.object_type,
    h.object_ref,
    h.scope,
    h.owner_gov_code,
    h.owner_kind,
    h.source_anchor_type,
    h.source_anchor_ref,
    h.resolution,
    h.depth
from held as h
order by
    h.object_ref collate "C",
    h.scope collate "C",
    h.object_type collate "C",
    -- The nearest level wins. Two owners on one level are a conflict; the older row is shown until it is solved.
    h.depth,
    h.id;

-- Cells of which there does not exist an effective owner, as a difference of two sets. No statistics foretell how
-- many cells are covered, so a join may be planned as a nested loop: 3.2 s as a left join, 4.5 to 32 s as an
-- anti join (not exists), for 5,000 objects x 6 scopes. A set difference is hashed or sorted, never looped: 0.1 s.
create view v_object_owner_gap as
select
    i.object_type,
    i.object_ref,
    s.scope_code as scope
from v_governance_object_inventory as i
cross join governance_responsibility_scope as s
where i.born
  and i.requires_owner
  and s.status = 'active'
except
select
    e.object_type,
    e.object_ref,
    e.scope
from v_object_effective_owner as e;

create view v_object_owner_conflict as
select
    o.object_type,
    o.object_ref,
    o.scope,
    count(*)                                             as owner_count,
    array_agg(o.owner_gov_code order by o.owner_gov_code) as owners
from governance_object_ownership as o
where o.owner_kind = 'accountable'
  and o.lifecycle_status = 'active'
group by
    o.object_type,
    o.object_ref,
    o.scope
having count(*) > 1;

comment on view   v_object_effective_owner                    is 'The accountable owner of each object and scope: its own row, else the nearest anchor above it.';
comment on column v_object_effective_owner.object_type        is 'collection, group, or what else is owned.';
comment on column v_object_effective_owner.object_ref         is 'The object within its type.';
comment on column v_object_effective_owner.scope              is 'The kind of responsibility.';
comment on column v_object_effective_owner.owner_gov_code     is 'The agency.';
comment on column v_object_effective_owner.owner_kind         is 'accountable.';
comment on column v_object_effective_owner.source_anchor_type is 'Type of the object whose row decides.';
comment on column v_object_effective_owner.source_anchor_ref  is 'The object whose row decides.';
comment on column v_object_effective_owner.resolution         is 'direct: its own row; inherited: the row of a group above it.';
comment on column v_object_effective_owner.depth              is 'Levels between the object and the row that decides.';

comment on view   v_object_owner_gap             is 'Cells of born objects without an accountable owner in effect.';
comment on column v_object_owner_gap.object_type is 'Type of the object.';
comment on column v_object_owner_gap.object_ref  is 'The object within its type.';
comment on column v_object_owner_gap.scope       is 'The active scope that nobody holds.';

comment on view   v_object_owner_conflict             is 'More than one active accountable row for one object and scope: old rows, or rows written past the unique index.';
comment on column v_object_owner_conflict.object_type is 'Type of the object.';
comment on column v_object_owner_conflict.object_ref  is 'The object within its type.';
comment on column v_object_owner_conflict.scope       is 'The kind of responsibility.';
comment on column v_object_owner_conflict.owner_count is 'Number of active accountable rows.';
comment on column v_object_owner_conflict.owners      is 'Their agencies, sorted.';

grant select
on  v_object_effective_owner, v_object_owner_gap, v_object_owner_conflict
to  one_roof_reader, one_roof_operator;

do $$
declare
    gap   bigint;
    cells bigint;
begin
    select count(*) into gap from v_object_owner_gap;
    select
        (select count(*) from v_governance_object_inventory where born and requires_owner)
        * (select count(*) from governance_responsibility_scope where status = 'active')
    into cells;
    -- Nobody owns anything yet, so each cell must be a gap: a view that hides one here hides it for ever.
    if gap is distinct from cells then
        raise exception 'owner_views: gap=% but inventory*scopes=%', gap, cells using errcode = 'P0001';
    end if;
    if exists (select from v_object_owner_conflict) then
        raise exception 'owner_views: conflicts in an empty store' using errcode = 'P0001';
    end if;
end
$$;
