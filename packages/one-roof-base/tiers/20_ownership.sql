-- The ownership store. It stays empty here: who becomes accountable is the business of a release with a gate.

create table governance_object_ownership (
    id                   bigserial   not null,
    object_type          text        not null,
    object_ref           text        not null,
    scope                text        not null,
    owner_kind           text        not null,
    owner_gov_code       text        not null,
    is_inherited_anchor  boolean     not null default false,
    effective_from       timestamptz not null default now(),
    effective_to         timestamptz,
    lifecycle_status     text        not null default 'active',
    approval_ref         text,
    audit_ref            text,
    rollback_ref         text,
    source_law_ref       text,
    source_design_ref    text,
    supersedes_id        bigint,
    created_at           timestamptz not null default now(),
    created_by           text        not null,
    updated_at           timestamptz,
    updated_by           text,
    constraint governance_object_ownership_pkey primary key (id),
    constraint governance_object_ownership_scope_exists
        foreign key (scope) references governance_responsibility_scope (scope_code),
    constraint governance_object_ownership_owner_exists
        foreign key (owner_gov_code) references governance_registry (code),
    constraint governance_object_ownership_supersedes_exists
        foreign key (supersedes_id) references governance_object_ownership (id),
    constraint governance_object_ownership_owner_kind_known
        check ((owner_kind in ('accountable', 'supporting', 'delegated', 'exception')) is true),
    constraint governance_object_ownership_lifecycle_known
        check ((lifecycle_status in ('active', 'superseded', 'revoked', 'expired')) is true),
    constraint chk_delegated_ttl
        check ((owner_kind <> 'delegated' or effective_to is not null) is true)
);

-- One accountable owner for an object and scope. Dates do not help: a row that has ended but was not closed
-- still stands in the way, so that its successor has to close it.
create unique index uq_gov_obj_accountable
    on governance_object_ownership (object_type, object_ref, scope)
    where owner_kind = 'accountable' and lifecycle_status = 'active';

create index governance_object_ownership_object_index
    on governance_object_ownership (object_type, object_ref);

create index governance_object_ownership_owner_index
    on governance_object_ownership (owner_gov_code);

comment on table  governance_object_ownership                     is 'Who holds which scope for which object, or for which group. A row is valid while it is active and effective_from <= now() < effective_to.';
comment on column governance_object_ownership.id                  is 'Number of the row.';
comment on column governance_object_ownership.object_type         is 'collection or group; any type is allowed.';
comment on column governance_object_ownership.object_ref          is 'The object within its type.';
comment on column governance_object_ownership.scope               is 'The kind of responsibility.';
comment on column governance_object_ownership.owner_kind          is 'accountable, supporting, delegated or exception.';
comment on column governance_object_ownership.owner_gov_code      is 'The agency.';
comment on column governance_object_ownership.is_inherited_anchor is 'True on a group row that the members of the group inherit.';
comment on column governance_object_ownership.effective_from      is 'First moment of validity.';
comment on column governance_object_ownership.effective_to        is 'First moment after validity; null: open. Delegated rows must have one.';
comment on column governance_object_ownership.lifecycle_status    is 'active, superseded, revoked or expired.';
comment on column governance_object_ownership.approval_ref        is 'The approval that the row rests on.';
comment on column governance_object_ownership.audit_ref           is 'Where the act was recorded.';
comment on column governance_object_ownership.rollback_ref        is 'How the act is undone.';
comment on column governance_object_ownership.source_law_ref      is 'The law behind the row.';
comment on column governance_object_ownership.source_design_ref   is 'The design document behind the row.';
comment on column governance_object_ownership.supersedes_id       is 'The row that this one follows.';
comment on column governance_object_ownership.created_at          is 'When the row was written.';
comment on column governance_object_ownership.created_by          is 'Release tag (name@version) or the person that wrote the row.';
comment on column governance_object_ownership.updated_at          is 'When the row was last changed.';
comment on column governance_object_ownership.updated_by          is 'Who last changed the row.';

grant select on governance_object_ownership to one_roof_reader, one_roof_operator;

do $$
begin
    if exists (select from governance_object_ownership) then
        raise exception 'ownership: governance_object_ownership is not empty' using errcode = 'P0001';
    end if;
end
$$;
