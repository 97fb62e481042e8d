-- Inventory and containment by the folders of Directus (provider directus).

create table governance_inventory_group (
    container_name  text    not null,
    group_code      text    not null,
    governed        boolean not null default true,
    created_by      text    not null,
    constraint governance_inventory_group_pkey primary key (container_name),
    constraint governance_inventory_group_code_is_said check ((btrim(group_code) <> '') is true)
);

comment on table  governance_inventory_group                is 'Containers (folders) whose members are governed objects, and the group of each.';
comment on column governance_inventory_group.container_name is 'The folder.';
comment on column governance_inventory_group.group_code     is 'The group that its members belong to; several containers may share one.';
comment on column governance_inventory_group.governed       is 'False: its members are no objects, and the group is kept.';
comment on column governance_inventory_group.created_by     is 'Release tag (name@version) or the person that wrote the row.';

create table governance_inventory_object (
    object_ref      text    not null,
    group_code      text,
    requires_owner  boolean not null default true,
    born            boolean not null default true,
    created_by      text    not null,
    constraint governance_inventory_object_pkey primary key (object_ref),
    constraint governance_inventory_object_code_is_said check (group_code is null or (btrim(group_code) <> '') is true)
);

comment on table  governance_inventory_object                is 'Exceptions: what holds for one object in place of what the provider says, or an object that it does not list.';
comment on column governance_inventory_object.object_ref     is 'The object, written as the inventory writes it.';
comment on column governance_inventory_object.group_code     is 'Its group; null keeps the group of its container.';
comment on column governance_inventory_object.requires_owner is 'Whether it needs an owner.';
comment on column governance_inventory_object.born           is 'Whether it needs an owner from now on; true also adds an object that the provider does not list.';
comment on column governance_inventory_object.created_by     is 'Release tag (name@version) or the person that wrote the row.';

insert into governance_inventory_group (container_name, group_code, governed, created_by)
select
    g.container,
    coalesce(g."group", g.container),
    coalesce(g.governed, true),
    nullif(current_setting('oneroof.release_tag', true), '')
from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.inventory_groups', true), ''), '[]')::jsonb)
    as g (container text, "group" text, governed boolean);

-- The same list twice, once for each view: one view on top of the other would walk the folders three times.
create view v_governance_object_inventory as
with recursive folder as (
    -- From each folder upwards to the nearest listed one, which ends the climb.
    select distinct
        d."group"  as folder,
        d."group"  as nearest
    from public.directus_collections as d
    where d."group" is not null
    union all
    select
        f.folder,
        d."group"
    from folder as f
    join public.directus_collections as d
        on d.collection = f.nearest
    where d."group" is not null
      and not exists (
          select
          from governance_inventory_group as g
          where g.container_name = f.nearest
      )
) cycle nearest set is_cycle using path,
not_an_object as (
    select
        g.container_name as name
    from governance_inventory_group as g
    union all
    (
        -- A folder that is not listed: it holds others and has no table.
        select d."group"
        from public.directus_collections as d
        where d."group" is not null
        except
        select t.relname
        from pg_catalog.pg_class as t
        join pg_catalog.pg_namespace as n
            on n.oid = t.relnamespace
        where n.nspname = 'public'
          and t.relkind in ('r', 'p', 'v', 'm', 'f')
    )
),
placed as (
    select
        d.collection::text as object_ref,
        g.group_code,
        g.governed
    from public.directus_collections as d
    join folder as f
        on f.folder = d."group"
    join governance_inventory_group as g
        on g.container_name = f.nearest
    where not f.is_cycle
      and d.collection not like 'directus\_%'
      and not exists (
          select
          from not_an_object as n
          where n.name = d.collection
      )
)
select
    'collection'::text                   as object_type,
    object_ref,
    coalesce(o.requires_owner, true)     as requires_owner,
    coalesce(o.born, true)               as born
from placed as p
full join governance_inventory_object as o
    using (object_ref)
where coalesce(p.governed, false)
   or coalesce(o.born, false);

create view v_governance_object_containment as
with recursive folder as (
    -- From each folder upwards to the nearest listed one, which ends the climb.
    select distinct
        d."group"  as folder,
        d."group"  as nearest
    from public.directus_collections as d
    where d."group" is not null
    union all
    select
        f.folder,
        d."group"
    from folder as f
    join public.directus_collections as d
        on d.collection = f.nearest
    where d."group" is not null
      and not exists (
          select
          from governance_inventory_group as g
          where g.container_name = f.nearest
      )
) cycle nearest set is_cycle using path,
not_an_object as (
    select
        g.container_name as name
    from governance_inventory_group as g
    union all
    (
        -- A folder that is not listed: it holds others and has no table.
        select d."group"
        from public.directus_collections as d
        where d."group" is not null
        except
        select t.relname
        from pg_catalog.pg_class as t
        join pg_catalog.pg_namespace as n
            on n.oid = t.relnamespace
        where n.nspname = 'public'
          and t.relkind in ('r', 'p', 'v', 'm', 'f')
    )
),
placed as (
    select
        d.collection::text as object_ref,
        g.group_code,
        g.governed
    from public.directus_collections as d
    join folder as f
        on f.folder = d."group"
    join governance_inventory_group as g
        on g.container_name = f.nearest
    where not f.is_cycle
      and d.collection not like 'directus\_%'
      and not exists (
          select
          from not_an_object as n
          where n.name = d.collection
      )
)
select
    'collection'::text                       as object_type,
    object_ref,
    'group'::text                            as parent_type,
    coalesce(o.group_code, p.group_code)     as parent_ref
from placed as p
full join governance_inventory_object as o
    using (object_ref)
where (
        coalesce(p.governed, false)
        or coalesce(o.born, false)
    )
  and coalesce(o.group_code, p.group_code) <> '';

comment on view   v_governance_object_inventory                is 'The governed objects. A born object that requires an owner needs one in each active scope.';
comment on column v_governance_object_inventory.object_type    is 'collection.';
comment on column v_governance_object_inventory.object_ref     is 'The object within its type.';
comment on column v_governance_object_inventory.requires_owner is 'Whether it needs an owner at all.';
comment on column v_governance_object_inventory.born           is 'Whether it needs its owner now.';

comment on view   v_governance_object_containment             is 'Which group an object lies in: at most one row an object.';
comment on column v_governance_object_containment.object_type is 'collection.';
comment on column v_governance_object_containment.object_ref  is 'The object within its type.';
comment on column v_governance_object_containment.parent_type is 'group.';
comment on column v_governance_object_containment.parent_ref  is 'The group.';

grant select
on  governance_inventory_group, governance_inventory_object,
    v_governance_object_inventory, v_governance_object_containment
to  one_roof_reader, one_roof_operator;

do $$
declare
    doubled text;
begin
    select string_agg(object_ref, ', ' order by object_ref)
    into doubled
    from (
        select object_ref
        from v_governance_object_inventory
        group by object_type, object_ref
        having count(*) > 1
    ) as d;
    if doubled is not null then
        raise exception 'inventory: listed twice: %', doubled using errcode = 'P0001';
    end if;

    select string_agg(object_ref, ', ' order by object_ref)
    into doubled
    from (
        select object_ref
        from v_governance_object_containment
        group by object_type, object_ref
        having count(*) > 1
    ) as d;
    if doubled is not null then
        raise exception 'inventory: more than one group: %', doubled using errcode = 'P0001';
    end if;
end
$$;
