-- Inventory and containment by the collection registry of the application (provider directus-registry).

create view v_governance_object_inventory as
select
    'collection'::text                             as object_type,
    -- The cast is load-bearing: the registry's type must not leak into the types of everything above.
    r.collection_name::text                        as object_ref,
    r.governance_role in ('governed', 'locked')    as requires_owner,
    r.coverage_status = 'BIRTH_REQUIRED'           as born
from public.collection_registry as r
where r.governance_role = 'governed'
  and r.coverage_status = 'BIRTH_REQUIRED';

create view v_governance_object_containment as
select
    'collection'::text         as object_type,
    r.collection_name::text    as object_ref,
    'group'::text              as parent_type,
    r."group"::text            as parent_ref
from public.collection_registry as r
where r.governance_role = 'governed'
  and r.coverage_status = 'BIRTH_REQUIRED'
  and r."group" <> '';

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
on  v_governance_object_inventory, v_governance_object_containment
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
