select count(*),
       string_agg(distinct coalesce(a.collection, 'not named'), ', ')
from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.topic_seed', true), ''), '{}')::jsonb -> 'assign')
     as a (collection text)
where not exists (
    select from v_governance_object_inventory i
    where i.object_type = 'collection'
      and i.object_ref = a.collection
)
