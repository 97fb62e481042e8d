-- Inventory and containment by the catalog of the database: the tables of the listed schemas (provider catalog).

create table governance_inventory_group (
    container_name  text    not null,
    group_code      text    not null,
    governed        boolean not null default true,
    created_by      text    not null,
    constraint governance_inventory_group_pkey primary key (container_name),
    constraint governance_inventory_group_code_is_said check ((btrim(group_code) <> '') is true)
);

comment on table  governance_inventory_group                is 'Containers (schemas) whose members are governed objects, and the group of each.';
comment on column governance_inventory_group.container_name is 'The schema.';
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

-- catalog_kinds goes into the text of the views: a stored definition must not depend on a setting of the session.
do $$
declare
    wanted      jsonb := coalesce(nullif(current_setting('oneroof.catalog_kinds', true), ''), '[]')::jsonb;
    kinds       "char"[];
    persistence "char"[];
    placed      text;
begin
    -- Ordinary and partitioned tables always; the parameter adds to them.
    select array_agg(kind::"char" order by kind)
    into kinds
    from (
        select unnest(array['r', 'p']) as kind
        union
        select jsonb_array_elements_text(wanted)
    ) as chosen
    where kind <> 'unlogged';

    -- Temporary tables never: they are somebody's session.
    persistence := case when wanted ? 'unlogged' then array['p', 'u'] else array['p'] end;

    placed := format($definition$
            select
                format('%%I.%%I', n.nspname, c.relname) as object_ref,
                g.group_code,
                g.governed
            from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as n
                on n.oid = c.relnamespace
            join governance_inventory_group as g
                on g.container_name = n.nspname
            where c.relkind = any (%L::"char"[])
              and c.relpersistence = any (%L::"char"[])
              and not c.relispartition
              -- Ours are not counted: a release must not grow the inventory that it counts.
              and pg_catalog.pg_get_userbyid(c.relowner) <> 'one_roof_owner'
              and not exists (
                  select
                  from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_class'::regclass
                    and d.objid = c.oid
                    and d.deptype = 'e'
              )
    $definition$, kinds, persistence);

    -- The same list twice: one view on top of the other would read the catalog three times.
    execute format($definition$
        create view v_governance_object_inventory as
        with placed as (%s)
        select
            'collection'::text                   as object_type,
            object_ref,
            coalesce(o.requires_owner, true)     as requires_owner,
            coalesce(o.born, true)               as born
        from placed as p
        full join governance_inventory_object as o
            using (object_ref)
        where coalesce(p.governed, false)
           or coalesce(o.born, false)
    $definition$, placed);

    execute format($definition$
        create view v_governance_object_containment as
        with placed as (%s)
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
          and coalesce(o.group_code, p.group_code) <> ''
    $definition$, placed);
end
$$;

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
