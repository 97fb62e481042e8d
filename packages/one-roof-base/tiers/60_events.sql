-- The event outbox and its gatekeeper. Types of governance are inactive in every database: to switch one on
-- is a release of its own. Writing a row dispatches nothing: no after trigger, no notify.

create table event_type_registry (
    event_domain      text    not null,
    event_type        text    not null,
    event_stream      text    not null,
    delivery_lane     text    not null,
    default_severity  text    not null default 'info',
    active            boolean not null default false,
    constraint event_type_registry_pkey primary key (event_domain, event_type),
    constraint event_type_registry_severity_known
        check ((default_severity in ('info', 'warning', 'critical')) is true)
);

comment on table  event_type_registry                  is 'The types of event that may enter the outbox.';
comment on column event_type_registry.event_domain     is 'Who the event is about.';
comment on column event_type_registry.event_type       is 'What has happened.';
comment on column event_type_registry.event_stream     is 'The one stream that the type belongs to.';
comment on column event_type_registry.delivery_lane    is 'The one delivery lane that the type uses.';
comment on column event_type_registry.default_severity is 'info, warning or critical.';
comment on column event_type_registry.active           is 'False: the trigger of the outbox refuses the type.';

create table event_outbox (
    id                   uuid        not null default gen_random_uuid(),
    event_domain         text        not null,
    event_type           text        not null,
    event_stream         text        not null,
    delivery_lane        text        not null,
    event_severity       text        not null default 'info',
    event_subject_table  text,
    event_subject_ref    text,
    safe_payload         jsonb       not null default '{}',
    occurred_at          timestamptz not null default now(),
    canonical_address    text        not null,
    actor_ref            text,
    source_system        text,
    constraint event_outbox_pkey primary key (id),
    constraint event_outbox_severity_known
        check ((event_severity in ('info', 'warning', 'critical')) is true)
);

-- The count of one domain is asked at every probe, the table grows by daily work.
create index event_outbox_domain_index on event_outbox (event_domain);

comment on table  event_outbox                     is 'Events that something else may deliver. A row here has gone nowhere by itself.';
comment on column event_outbox.id                  is 'Number of the event.';
comment on column event_outbox.event_domain        is 'Who the event is about.';
comment on column event_outbox.event_type          is 'What has happened.';
comment on column event_outbox.event_stream        is 'Its stream; must be the one of the type.';
comment on column event_outbox.delivery_lane       is 'Its delivery lane; must be the one of the type.';
comment on column event_outbox.event_severity      is 'info, warning or critical.';
comment on column event_outbox.event_subject_table is 'The table that it is about.';
comment on column event_outbox.event_subject_ref   is 'The row that it is about.';
comment on column event_outbox.safe_payload        is 'What may be told to anybody.';
comment on column event_outbox.occurred_at         is 'When it happened.';
comment on column event_outbox.canonical_address   is 'Where it comes from; an event without provenance is refused.';
comment on column event_outbox.actor_ref           is 'Who caused it.';
comment on column event_outbox.source_system       is 'The system that wrote it.';

-- Security definer: whoever may write events need not read the registry.
create function fn_event_type_validate()
returns trigger
language plpgsql
security definer
set search_path from current
as $$
declare
    known event_type_registry%rowtype;
begin
    select *
    into known
    from event_type_registry as t
    where t.event_domain = new.event_domain
      and t.event_type = new.event_type;

    if not found then
        raise exception 'unknown event type: %.%', new.event_domain, new.event_type
            using errcode = '23514';
    end if;
    if not known.active then
        raise exception 'inactive event type: %.%', new.event_domain, new.event_type
            using errcode = '23514';
    end if;
    if new.event_stream is distinct from known.event_stream then
        raise exception 'stream mismatch: %.% belongs to %, not to %',
            new.event_domain, new.event_type, known.event_stream, new.event_stream
            using errcode = '23514';
    end if;
    if new.delivery_lane is distinct from known.delivery_lane then
        raise exception 'lane mismatch: %.% uses %, not %',
            new.event_domain, new.event_type, known.delivery_lane, new.delivery_lane
            using errcode = '23514';
    end if;
    return new;
end
$$;

comment on function fn_event_type_validate() is 'Refuses an event whose type is unknown or inactive, or whose stream or lane is not the one of its type.';

revoke execute on function fn_event_type_validate() from public;

create trigger trg_event_outbox_type_validate
    before insert on event_outbox
    for each row
    execute function fn_event_type_validate();

comment on trigger trg_event_outbox_type_validate on event_outbox is 'Nothing enters the outbox that the registry does not admit.';

insert into event_type_registry (event_domain, event_type, event_stream, delivery_lane, default_severity)
values
    ('governance', 'backfill.sweep_completed', 'health',    'delayed', 'info'),
    ('governance', 'candidate.scan_completed', 'health',    'delayed', 'info'),
    ('governance', 'coverage.scan_completed',  'health',    'delayed', 'info'),
    ('governance', 'handoff.object_born',      'lifecycle', 'delayed', 'info'),
    ('governance', 'input.untrusted_source',   'alert',     'delayed', 'warning');

grant select on event_type_registry, event_outbox to one_roof_reader, one_roof_operator;

do $$
declare
    present bigint;
begin
    select count(*) into present from event_type_registry where event_domain = 'governance' and not active;
    if present <> 5 then
        raise exception 'events: % inactive governance types, expected 5', present using errcode = 'P0001';
    end if;
    if exists (select from event_type_registry where event_domain = 'governance' and active) then
        raise exception 'events: a governance type is active' using errcode = 'P0001';
    end if;
    if exists (select from event_outbox) then
        raise exception 'events: event_outbox is not empty' using errcode = 'P0001';
    end if;
end
$$;
