-- governance_relations: rows of the change go, rows that it changed or removed are as they were.

delete from governance_relations
where (agency_code, relation_kind, law_ref) in (
    select n.entry ->> 'agency_code', n.entry ->> 'relation_kind', n.entry ->> 'law_ref'
    from jsonb_array_elements(
             nullif(current_setting('oneroof.before', true), '')::jsonb -> 'new' -> 'governance_relations') as n (entry));

update governance_relations as t
set (
        agency_code, relation_kind, law_ref
    ) = row (
        r.agency_code, r.relation_kind, r.law_ref
    )
from jsonb_populate_recordset(
         null::governance_relations,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_relations') as r
where r.relation_id = t.relation_id;

insert into governance_relations (
    relation_id, agency_code, relation_kind, law_ref
)
overriding system value
select
    r.relation_id, r.agency_code, r.relation_kind, r.law_ref
from jsonb_populate_recordset(
         null::governance_relations,
         nullif(current_setting('oneroof.before', true), '')::jsonb -> 'rows' -> 'governance_relations') as r
where not exists (
    select
    from governance_relations as t
    where r.relation_id = t.relation_id);
