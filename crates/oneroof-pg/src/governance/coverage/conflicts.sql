-- More than one active accountable row for one object and scope.
select to_jsonb(c)
from v_object_owner_conflict as c
where $1::text is null
   or c.object_ref = $1
   or c.object_type || ':' || c.object_ref = $1
order by c.object_type collate "C", c.object_ref collate "C", c.scope collate "C"
