-- The five views of the base that this release reads.
select count(*),
       string_agg(n.name, ', ' order by n.ordinal)
from unnest(array[
         'v_governance_object_inventory',
         'v_governance_object_containment',
         'v_object_effective_owner',
         'v_object_owner_gap',
         'v_object_owner_conflict']) with ordinality as n (name, ordinal)
where not exists (
    select from pg_class c
    where c.oid = to_regclass(n.name)
      and c.relkind = 'v'
)
