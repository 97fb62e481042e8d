-- The cells that nobody is accountable for.
select to_jsonb(g)
from v_object_owner_gap as g
where $1::text is null
   or g.object_ref = $1
   or g.object_type || ':' || g.object_ref = $1
order by g.object_type collate "C", g.object_ref collate "C", g.scope collate "C"
