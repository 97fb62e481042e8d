-- Agencies, their relations, and the scopes of responsibility, with the rows of three parameters.

create table governance_registry (
    code        text        not null,
    name        text        not null,
    status      text        not null default 'draft',
    created_at  timestamptz not null default now(),
    created_by  text        not null,
    constraint governance_registry_pkey primary key (code),
    constraint governance_registry_code_form check ((code ~ '^GOV-[A-Z0-9-]+$') is true),
    constraint governance_registry_status_known check ((status in ('draft', 'active', 'retired')) is true)
);

comment on table  governance_registry            is 'Agencies: who can be accountable.';
comment on column governance_registry.code       is 'GOV- and capitals, digits or -.';
comment on column governance_registry.name       is 'Name for people.';
comment on column governance_registry.status     is 'draft, active or retired; only an active agency owns without being accepted by name.';
comment on column governance_registry.created_at is 'When the row was written.';
comment on column governance_registry.created_by is 'Release tag (name@version) or the person that wrote the row.';

create table governance_relations (
    relation_id    bigint generated always as identity,
    agency_code    text not null,
    relation_kind  text not null,
    law_ref        text not null,
    constraint governance_relations_pkey primary key (relation_id),
    constraint governance_relations_said_once unique (agency_code, relation_kind, law_ref),
    constraint governance_relations_agency_exists foreign key (agency_code) references governance_registry (code)
);

comment on table  governance_relations               is 'What an agency has to do with a law.';
comment on column governance_relations.relation_id   is 'Number of the row.';
comment on column governance_relations.agency_code   is 'The agency.';
comment on column governance_relations.relation_kind is 'The kind of relation, for example governs.';
comment on column governance_relations.law_ref       is 'The law, as its authors name it.';

create table governance_responsibility_scope (
    scope_code          text    not null,
    description         text    not null,
    default_owner_hint  text,
    status              text    not null default 'active',
    sort                integer not null,
    constraint governance_responsibility_scope_pkey primary key (scope_code),
    constraint governance_responsibility_scope_hint_exists
        foreign key (default_owner_hint) references governance_registry (code),
    constraint governance_responsibility_scope_status_known check ((status in ('active', 'retired')) is true)
);

comment on table  governance_responsibility_scope                    is 'Kinds of responsibility; each born object needs one accountable owner in each active scope.';
comment on column governance_responsibility_scope.scope_code         is 'Code of the scope.';
comment on column governance_responsibility_scope.description        is 'What the accountable agency does in this scope.';
comment on column governance_responsibility_scope.default_owner_hint is 'The agency that one would expect; a hint decides nothing. Null: no expectation.';
comment on column governance_responsibility_scope.status             is 'active or retired; a retired scope needs no owner.';
comment on column governance_responsibility_scope.sort               is 'Order on screens.';

insert into governance_registry (code, name, status, created_by)
select
    a.code,
    a.name,
    coalesce(a.status, 'draft'),
    nullif(current_setting('oneroof.release_tag', true), '')
from jsonb_to_recordset(coalesce(nullif(current_setting('oneroof.agencies', true), ''), '[]')::jsonb)
    as a (code text, name text, status text);

insert into governance_relations (agency_code, relation_kind, law_ref)
select
    r.entry ->> 'agency',
    r.entry ->> 'kind',
    r.entry ->> 'law'
from jsonb_array_elements(coalesce(nullif(current_setting('oneroof.relations', true), ''), '[]')::jsonb)
    with ordinality as r (entry, ordinal)
order by r.ordinal;

insert into governance_responsibility_scope (scope_code, description, default_owner_hint, sort)
select
    s.entry ->> 'code',
    s.entry ->> 'description',
    nullif(s.entry ->> 'hint', ''),
    coalesce((s.entry ->> 'sort')::integer, s.ordinal::integer)
from jsonb_array_elements(coalesce(nullif(current_setting('oneroof.scopes', true), ''), '[]')::jsonb)
    with ordinality as s (entry, ordinal);

grant select
on  governance_registry, governance_relations, governance_responsibility_scope
to  one_roof_reader, one_roof_operator;

do $$
declare
    wanted  bigint;
    present bigint;
begin
    wanted := jsonb_array_length(coalesce(nullif(current_setting('oneroof.agencies', true), ''), '[]')::jsonb);
    select count(*) into present from governance_registry;
    if present is distinct from wanted then
        raise exception 'agencies: % rows in governance_registry, the parameter has %', present, wanted
            using errcode = 'P0001';
    end if;

    wanted := jsonb_array_length(coalesce(nullif(current_setting('oneroof.relations', true), ''), '[]')::jsonb);
    select count(*) into present from governance_relations;
    if present is distinct from wanted then
        raise exception 'agencies: % rows in governance_relations, the parameter has %', present, wanted
            using errcode = 'P0001';
    end if;

    wanted := jsonb_array_length(coalesce(nullif(current_setting('oneroof.scopes', true), ''), '[]')::jsonb);
    select count(*) into present from governance_responsibility_scope where status = 'active';
    if present is distinct from wanted then
        raise exception 'agencies: % active scopes, the parameter has %', present, wanted
            using errcode = 'P0001';
    end if;
end
$$;
