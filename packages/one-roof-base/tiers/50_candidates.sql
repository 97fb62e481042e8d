-- Candidates: what a worker has looked at, and what must be looked at again. No row says "checked":
-- a clean state decays (stale_after) and is dirtied by what it depends on.

create table evolution_snapshots (
    id          bigint generated always as identity,
    taken_at    timestamptz not null default now(),
    source      text        not null,
    digest      text        not null,
    created_by  text        not null,
    constraint evolution_snapshots_pkey primary key (id)
);

comment on table  evolution_snapshots            is 'States of a source that candidate scans were made on.';
comment on column evolution_snapshots.id         is 'Number of the snapshot.';
comment on column evolution_snapshots.taken_at   is 'When it was taken.';
comment on column evolution_snapshots.source     is 'What was looked at.';
comment on column evolution_snapshots.digest     is 'Digest of what was seen.';
comment on column evolution_snapshots.created_by is 'Who took it.';

create table governance_ruleset (
    ruleset_version  text  not null,
    status           text  not null default 'draft',
    rules            jsonb not null,
    constraint governance_ruleset_pkey primary key (ruleset_version),
    constraint governance_ruleset_status_known check ((status in ('draft', 'active', 'retired')) is true)
);

comment on table  governance_ruleset                 is 'Rules by which candidates are judged, by version.';
comment on column governance_ruleset.ruleset_version is 'The version; a verdict names the one it was made with.';
comment on column governance_ruleset.status          is 'draft, active or retired.';
comment on column governance_ruleset.rules           is 'The rules themselves.';

create table gov_worker_cursor (
    worker_code        text        not null,
    last_watermark_id  text,
    sequence           bigint      not null default 0,
    heartbeat_at       timestamptz,
    updated_at         timestamptz not null default now(),
    constraint gov_worker_cursor_pkey primary key (worker_code)
);

comment on table  gov_worker_cursor                   is 'How far a worker has come. A cursor advances only upward: writers say "on conflict (worker_code) do update … where excluded.sequence > gov_worker_cursor.sequence", so an older sequence changes nothing.';
comment on column gov_worker_cursor.worker_code       is 'The worker.';
comment on column gov_worker_cursor.last_watermark_id is 'The last thing it has read.';
comment on column gov_worker_cursor.sequence          is 'Its position; never lowered.';
comment on column gov_worker_cursor.heartbeat_at      is 'When it was last alive.';
comment on column gov_worker_cursor.updated_at        is 'When the position was last raised.';

create table candidate_scan_run (
    run_id               bigint generated always as identity,
    mode                 text        not null,
    source_snapshot_ref  bigint,
    ruleset_version      text,
    worker_code          text,
    started_at           timestamptz not null default now(),
    heartbeat_at         timestamptz,
    finished_at          timestamptz,
    status               text        not null default 'running',
    dirty_set            jsonb,
    groups_seen          bigint      not null default 0,
    objects_seen         bigint      not null default 0,
    candidates_new       bigint      not null default 0,
    candidates_changed   bigint      not null default 0,
    error                text,
    created_at           timestamptz not null default now(),
    created_by           text        not null,
    constraint candidate_scan_run_pkey primary key (run_id),
    constraint candidate_scan_run_snapshot_exists
        foreign key (source_snapshot_ref) references evolution_snapshots (id),
    constraint candidate_scan_run_ruleset_exists
        foreign key (ruleset_version) references governance_ruleset (ruleset_version),
    constraint candidate_scan_run_worker_exists
        foreign key (worker_code) references gov_worker_cursor (worker_code)
);

comment on table  candidate_scan_run                     is 'Runs of the candidate scan. Not the drift scan: that one is governance_scan_run of package one-roof.';
comment on column candidate_scan_run.run_id              is 'Number of the run.';
comment on column candidate_scan_run.mode                is 'How it was started.';
comment on column candidate_scan_run.source_snapshot_ref is 'The snapshot it looked at.';
comment on column candidate_scan_run.ruleset_version     is 'The rules it used.';
comment on column candidate_scan_run.worker_code         is 'The worker that ran it.';
comment on column candidate_scan_run.started_at          is 'When it began.';
comment on column candidate_scan_run.heartbeat_at        is 'When it was last alive.';
comment on column candidate_scan_run.finished_at         is 'When it ended.';
comment on column candidate_scan_run.status              is 'Where it stands.';
comment on column candidate_scan_run.dirty_set           is 'What it was asked to look at again.';
comment on column candidate_scan_run.groups_seen         is 'Groups it looked at.';
comment on column candidate_scan_run.objects_seen        is 'Objects it looked at.';
comment on column candidate_scan_run.candidates_new      is 'Candidates it found first.';
comment on column candidate_scan_run.candidates_changed  is 'Candidates whose verdict changed.';
comment on column candidate_scan_run.error               is 'Why it failed.';
comment on column candidate_scan_run.created_at          is 'When the row was written.';
comment on column candidate_scan_run.created_by          is 'Who wrote the row.';

create table governance_candidate_state (
    group_key             text    not null,
    ruleset_version       text    not null,
    source_snapshot_ref   bigint  not null,
    candidate_verdict     text    not null default 'unknown',
    dirty                 boolean not null default true,
    dirty_reason          text,
    dirtied_at            timestamptz,
    depends_on            jsonb,
    stale_after           timestamptz,
    recompute_status      text,
    risk_class            text,
    coverage_required     boolean,
    coverage_scan_ref     text,
    issue_ref             text,
    last_run_id           bigint,
    evidence_fingerprint  text,
    owner_scope           text,
    audit_ref             text,
    lifecycle_status      text    not null default 'active',
    constraint governance_candidate_state_pkey primary key (group_key, ruleset_version),
    constraint governance_candidate_state_ruleset_exists
        foreign key (ruleset_version) references governance_ruleset (ruleset_version),
    constraint governance_candidate_state_snapshot_exists
        foreign key (source_snapshot_ref) references evolution_snapshots (id),
    constraint governance_candidate_state_run_exists
        foreign key (last_run_id) references candidate_scan_run (run_id),
    constraint governance_candidate_state_scope_exists
        foreign key (owner_scope) references governance_responsibility_scope (scope_code),
    constraint governance_candidate_state_verdict_known
        check ((candidate_verdict in (
            'relevant', 'not_relevant', 'class_0', 'deferred_birth', 'retired', 'needs_input', 'unknown'
        )) is true),
    constraint governance_candidate_state_lifecycle_known
        check ((lifecycle_status in ('active', 'superseded', 'retired')) is true)
);

create index governance_candidate_state_dirty_index
    on governance_candidate_state (dirtied_at)
    where dirty;

create index governance_candidate_state_stale_after_index
    on governance_candidate_state (stale_after);

create index governance_candidate_state_verdict_index
    on governance_candidate_state (candidate_verdict);

comment on table  governance_candidate_state                      is 'The verdict on one group of things under one version of the rules.';
comment on column governance_candidate_state.group_key            is 'The group.';
comment on column governance_candidate_state.ruleset_version      is 'The rules.';
comment on column governance_candidate_state.source_snapshot_ref  is 'The snapshot that the verdict rests on.';
comment on column governance_candidate_state.candidate_verdict    is 'relevant, not_relevant, class_0, deferred_birth, retired, needs_input or unknown.';
comment on column governance_candidate_state.dirty                is 'It must be looked at again.';
comment on column governance_candidate_state.dirty_reason         is 'Why.';
comment on column governance_candidate_state.dirtied_at           is 'Since when.';
comment on column governance_candidate_state.depends_on           is 'What the verdict depends on.';
comment on column governance_candidate_state.stale_after          is 'From when on the verdict no longer counts as clean.';
comment on column governance_candidate_state.recompute_status     is 'Where the next look stands.';
comment on column governance_candidate_state.risk_class           is 'Class of risk.';
comment on column governance_candidate_state.coverage_required    is 'Whether it has to be covered.';
comment on column governance_candidate_state.coverage_scan_ref    is 'The coverage scan that looked at it.';
comment on column governance_candidate_state.issue_ref            is 'The issue that was opened for it.';
comment on column governance_candidate_state.last_run_id          is 'The last run that touched it.';
comment on column governance_candidate_state.evidence_fingerprint is 'Fingerprint of the facts of the verdict.';
comment on column governance_candidate_state.owner_scope          is 'The scope that has to act.';
comment on column governance_candidate_state.audit_ref            is 'Where the act was recorded.';
comment on column governance_candidate_state.lifecycle_status     is 'active, superseded or retired.';

create table governance_candidate_object (
    group_key               text    not null,
    ruleset_version         text    not null,
    object_type             text    not null,
    object_ref              text    not null,
    materialization_reason  text    not null,
    object_verdict          text,
    owner_scope             text,
    risk_class              text,
    coverage_required       boolean,
    coverage_scan_ref       text,
    parent_type             text,
    parent_ref              text,
    dirty                   boolean not null default true,
    dirty_reason            text,
    dirtied_at              timestamptz,
    depends_on              jsonb,
    stale_after             timestamptz,
    recompute_status        text,
    evidence_fingerprint    text,
    issue_ref               text,
    last_run_id             bigint,
    audit_ref               text,
    lifecycle_status        text    not null default 'active',
    created_at              timestamptz not null default now(),
    created_by              text    not null,
    updated_at              timestamptz,
    constraint governance_candidate_object_pkey
        primary key (group_key, ruleset_version, object_type, object_ref),
    constraint governance_candidate_object_state_exists
        foreign key (group_key, ruleset_version)
        references governance_candidate_state (group_key, ruleset_version),
    constraint governance_candidate_object_scope_exists
        foreign key (owner_scope) references governance_responsibility_scope (scope_code),
    constraint governance_candidate_object_run_exists
        foreign key (last_run_id) references candidate_scan_run (run_id),
    constraint governance_candidate_object_lifecycle_known
        check ((lifecycle_status in ('active', 'superseded', 'retired')) is true)
);

comment on table  governance_candidate_object                        is 'Single objects of a group that had to be written down, each with the reason.';
comment on column governance_candidate_object.group_key              is 'The group.';
comment on column governance_candidate_object.ruleset_version        is 'The rules.';
comment on column governance_candidate_object.object_type            is 'Type of the object.';
comment on column governance_candidate_object.object_ref             is 'The object within its type.';
comment on column governance_candidate_object.materialization_reason is 'Why the verdict on its group was not enough.';
comment on column governance_candidate_object.object_verdict         is 'The verdict on the object.';
comment on column governance_candidate_object.owner_scope            is 'The scope that has to act.';
comment on column governance_candidate_object.risk_class             is 'Class of risk.';
comment on column governance_candidate_object.coverage_required      is 'Whether it has to be covered.';
comment on column governance_candidate_object.coverage_scan_ref      is 'The coverage scan that looked at it.';
comment on column governance_candidate_object.parent_type            is 'Type of what it lies in.';
comment on column governance_candidate_object.parent_ref             is 'What it lies in.';
comment on column governance_candidate_object.dirty                  is 'It must be looked at again.';
comment on column governance_candidate_object.dirty_reason           is 'Why.';
comment on column governance_candidate_object.dirtied_at             is 'Since when.';
comment on column governance_candidate_object.depends_on             is 'What the verdict depends on.';
comment on column governance_candidate_object.stale_after            is 'From when on the verdict no longer counts as clean.';
comment on column governance_candidate_object.recompute_status       is 'Where the next look stands.';
comment on column governance_candidate_object.evidence_fingerprint   is 'Fingerprint of the facts of the verdict.';
comment on column governance_candidate_object.issue_ref              is 'The issue that was opened for it.';
comment on column governance_candidate_object.last_run_id            is 'The last run that touched it.';
comment on column governance_candidate_object.audit_ref              is 'Where the act was recorded.';
comment on column governance_candidate_object.lifecycle_status       is 'active, superseded or retired.';
comment on column governance_candidate_object.created_at             is 'When the row was written.';
comment on column governance_candidate_object.created_by             is 'Who wrote the row.';
comment on column governance_candidate_object.updated_at             is 'When the row was last changed.';

grant select
on  evolution_snapshots, governance_ruleset, gov_worker_cursor, candidate_scan_run,
    governance_candidate_state, governance_candidate_object
to  one_roof_reader, one_roof_operator;

do $$
declare
    present bigint;
begin
    select
        (select count(*) from evolution_snapshots)
        + (select count(*) from governance_ruleset)
        + (select count(*) from gov_worker_cursor)
        + (select count(*) from candidate_scan_run)
        + (select count(*) from governance_candidate_state)
        + (select count(*) from governance_candidate_object)
    into present;
    if present <> 0 then
        raise exception 'candidates: % rows in new tables', present using errcode = 'P0001';
    end if;
end
$$;
