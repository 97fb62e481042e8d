-- Ownership rows of somebody else that supersede ours. The later release has to be rolled back first.
select count(*),
       string_agg(format('governance_object_ownership %s by %s', l.id, l.created_by), ', ' order by l.id)
from governance_object_ownership l
join governance_object_ownership o
  on o.id = l.supersedes_id
 and o.created_by = nullif(current_setting('oneroof.release_tag', true), '')
where l.created_by is distinct from o.created_by
