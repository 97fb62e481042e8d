-- The accountable owners in effect; an object is written as its name, or as type:name.
select to_jsonb(e)
from v_object_effective_owner as e
where ($1::text is null or e.object_ref = $1 or e.object_type || ':' || e.object_ref = $1)
  and ($2::text is null or e.scope = $2)
  and ($3::text is null or e.owner_gov_code = $3)
order by e.object_type collate "C", e.object_ref collate "C", e.scope collate "C"
