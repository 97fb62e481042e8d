-- A born object without a group would inherit from nobody and stay a gap after the seed.
select count(*),
       string_agg(i.object_ref, ', ' order by i.object_ref)
from v_governance_object_inventory i
where i.born
  and i.requires_owner
  and not exists (
      select from v_governance_object_containment e
      where e.object_type = i.object_type
        and e.object_ref = i.object_ref
        and e.parent_type = 'group'
        and e.parent_ref is not null
  )
