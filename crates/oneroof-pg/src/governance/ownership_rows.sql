-- Rows of the ownership store: those that are active, or all of them.
select jsonb_build_object(
    'id',                  o.id,
    'object_type',         o.object_type,
    'object_ref',          o.object_ref,
    'scope',               o.scope,
    'owner_gov_code',      o.owner_gov_code,
    'owner_kind',          o.owner_kind,
    'is_inherited_anchor', o.is_inherited_anchor,
    'lifecycle_status',    o.lifecycle_status,
    'is_valid',            o.lifecycle_status = 'active'
                           and o.effective_from <= now()
                           and (o.effective_to is null or now() < o.effective_to),
    'effective_from',      to_char(o.effective_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'effective_to',        to_char(o.effective_to at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'approval_ref',        o.approval_ref,
    'supersedes_id',       o.supersedes_id,
    'created_by',          o.created_by
)
from governance_object_ownership as o
where ($1::text is null or o.object_ref = $1 or o.object_type || ':' || o.object_ref = $1)
  and ($2::text is null or o.scope = $2)
  and ($3::text is null or o.owner_gov_code = $3)
  and ($4::boolean or o.lifecycle_status = 'active')
order by o.object_type collate "C", o.object_ref collate "C", o.scope collate "C", o.id
