-- T1 structure: 11 tables, 31 views, 1 function. Nothing is written into them here.
--
-- Our own names carry no schema, so the same bytes serve every schema: the search path of the
-- transaction decides. Application tables would be written public.x; this tier reads none of them
-- but the four vocabulary tables, which the base has put within reach.
-- Every check ends in `is true`, because a check that comes out as null passes.

-- ---------------------------------------------------------------------------------------------
-- Tables 1..6: the axis substrate
-- ---------------------------------------------------------------------------------------------

create table axis_registry (
    axis_code        text        not null,
    axis_name        text        not null,
    axis_family      text        not null,
    axis_kind        text        not null,
    value_domain     text,
    owner_scope_ref  text,
    status           text        not null default 'candidate',
    lifecycle_status text        not null default 'register',
    created_at       timestamptz not null default now(),
    created_by       text        not null default session_user,
    constraint axis_registry_pkey primary key (axis_code),
    constraint axis_registry_code_is_a_word
        check ((axis_code ~ '^[a-z][a-z0-9_]*$') is true),
    constraint axis_registry_family_is_known
        check ((axis_family in ('structural', 'label', 'semantic', 'pivot', 'system')) is true),
    constraint axis_registry_kind_is_known
        check ((axis_kind in ('deterministic', 'uncertain', 'system')) is true),
    constraint axis_registry_status_is_known
        check ((status in ('candidate', 'active', 'deprecated', 'retired')) is true),
    constraint axis_registry_lifecycle_is_known
        check ((lifecycle_status in ('birth', 'register', 'active', 'deprecate', 'retire')) is true)
);

comment on table axis_registry is
    'One row for each way to classify governed objects. A new axis is a row here, never a schema change.';
comment on column axis_registry.axis_code is 'name of the axis, for example responsibility, containment, topic';
comment on column axis_registry.axis_name is 'name for people';
comment on column axis_registry.axis_family is 'structural, label, semantic, pivot or system';
comment on column axis_registry.axis_kind is 'deterministic: a rule decides; uncertain: somebody judges; system: the governance system itself';
comment on column axis_registry.value_domain is 'where the values come from';
comment on column axis_registry.owner_scope_ref is 'scope whose owner also owns the cells of this axis, if one does';
comment on column axis_registry.status is 'candidate, active, deprecated or retired';
comment on column axis_registry.lifecycle_status is 'birth, register, active, deprecate or retire';
comment on column axis_registry.created_at is 'transaction time of the insert';
comment on column axis_registry.created_by is 'release tag, or who made the row';

create table axis_value (
    axis_code         text        not null,
    value_code        text        not null,
    value_name        text,
    parent_value_code text,
    parent_level      smallint    not null default 0,
    level             smallint    not null
        generated always as ((case when parent_value_code is null then 0 else parent_level + 1 end)::smallint) stored,
    status            text        not null default 'candidate',
    provenance        jsonb       not null,
    created_at        timestamptz not null default now(),
    created_by        text        not null default session_user,
    constraint axis_value_pkey primary key (axis_code, value_code),
    constraint axis_value_axis_fkey foreign key (axis_code) references axis_registry (axis_code),
    constraint axis_value_has_one_level unique (axis_code, value_code, level),
    -- Along this key the level rises by one, so no circle of parents can satisfy it, of whatever length.
    constraint axis_value_parent_in_same_axis
        foreign key (axis_code, parent_value_code, parent_level)
        references axis_value (axis_code, value_code, level)
        deferrable initially immediate,
    constraint axis_value_is_not_its_own_parent
        check ((parent_value_code is null or parent_value_code <> value_code) is true),
    constraint axis_value_status_is_known
        check ((status in ('candidate', 'active', 'deprecated', 'retired')) is true),
    constraint axis_value_kg_provisional_is_held
        check ((status <> 'active' or provenance ->> 'kind' is distinct from 'kg_provisional') is true),
    constraint axis_value_merged_is_not_active
        check ((status <> 'active' or not provenance ? 'merged_into') is true),
    constraint axis_value_status_has_its_transition
        check ((provenance #>> '{transitions,-1,to}' = status) is true)
);

comment on table axis_value is 'The values of an axis, as a forest: a value may have one parent on the same axis.';
comment on column axis_value.axis_code is 'the axis';
comment on column axis_value.value_code is 'name of the value on its axis';
comment on column axis_value.value_name is 'name for people';
comment on column axis_value.parent_value_code is 'parent on the same axis, or null for a root';
comment on column axis_value.parent_level is 'level of the parent; a child of a root may leave it out';
comment on column axis_value.level is '0 for a root, else one more than the parent; it makes circles impossible';
comment on column axis_value.status is 'candidate, active, deprecated or retired';
comment on column axis_value.provenance is 'kind, and transitions: each change of status with from, to, at, by, reason, approval_ref';
comment on column axis_value.created_at is 'transaction time of the insert';
comment on column axis_value.created_by is 'release tag, or who made the row';

create table axis_assignment (
    assignment_id bigint      generated always as identity,
    object_type   text        not null,
    object_ref    text        not null,
    axis_code     text        not null,
    value_code    text        not null,
    zone          text        not null,
    match_score   numeric,
    confidence    numeric,
    provenance    jsonb,
    evidence      jsonb,
    assigned_kind text        not null,
    assigned_at   timestamptz not null default now(),
    valid_from    timestamptz not null default now(),
    valid_to      timestamptz,
    revision      integer     not null default 1,
    superseded_by bigint,
    status        text        not null default 'active',
    created_at    timestamptz not null default now(),
    created_by    text        not null default session_user,
    constraint axis_assignment_pkey primary key (assignment_id),
    constraint axis_assignment_value_fkey
        foreign key (axis_code, value_code) references axis_value (axis_code, value_code),
    constraint axis_assignment_superseded_by_fkey
        foreign key (superseded_by) references axis_assignment (assignment_id),
    constraint axis_assignment_zone_is_known
        check ((zone in ('approved', 'candidate', 'quarantine')) is true),
    constraint axis_assignment_match_score_is_a_share
        check ((match_score is null or match_score between 0 and 1) is true),
    constraint axis_assignment_confidence_is_a_share
        check ((confidence is null or confidence between 0 and 1) is true),
    constraint axis_assignment_kind_is_known
        check ((assigned_kind in ('dot', 'agent', 'human', 'rule')) is true),
    constraint axis_assignment_status_is_known
        check ((status in ('active', 'superseded', 'retired')) is true),
    constraint axis_assignment_revision_is_positive
        check ((revision >= 1) is true),
    -- An empty object says as little as null does, so it counts as no provenance.
    constraint axis_assignment_provenance_or_quarantine
        check ((zone = 'quarantine'
                or (jsonb_typeof(provenance) is not distinct from 'object' and provenance <> '{}')) is true),
    constraint axis_assignment_active_is_open
        check (((status = 'active') = (valid_to is null)) is true)
);

create unique index axis_assignment_one_active
    on axis_assignment (object_type, object_ref, axis_code, value_code)
    where status = 'active';
create index axis_assignment_active_by_value
    on axis_assignment (axis_code, value_code)
    where status = 'active';

comment on table axis_assignment is 'Which object sits on which value, with zone, confidence and provenance. Rows end, they are not deleted.';
comment on column axis_assignment.assignment_id is 'key';
comment on column axis_assignment.object_type is 'type of the object, as in the inventory';
comment on column axis_assignment.object_ref is 'the object, as in the inventory';
comment on column axis_assignment.axis_code is 'the axis';
comment on column axis_assignment.value_code is 'the value';
comment on column axis_assignment.zone is 'approved, candidate or quarantine';
comment on column axis_assignment.match_score is 'how well the object fits the value, 0 to 1; never merged with confidence';
comment on column axis_assignment.confidence is 'how sure the assigner is, 0 to 1; never merged with match_score';
comment on column axis_assignment.provenance is 'where the judgement comes from; none (null or {}) means quarantine';
comment on column axis_assignment.evidence is 'what the judgement rests on';
comment on column axis_assignment.assigned_kind is 'dot, agent, human or rule';
comment on column axis_assignment.assigned_at is 'when it was judged; staleness counts from here';
comment on column axis_assignment.valid_from is 'from when it holds';
comment on column axis_assignment.valid_to is 'until when it held; null exactly while active';
comment on column axis_assignment.revision is '1 for the first judgement, one more for each successor';
comment on column axis_assignment.superseded_by is 'the successor';
comment on column axis_assignment.status is 'active, superseded or retired';
comment on column axis_assignment.created_at is 'transaction time of the insert';
comment on column axis_assignment.created_by is 'release tag, or who made the row';

create table coverage_rule (
    rule_code            text        not null,
    axis_code            text        not null,
    applies_to           text        not null,
    coverage_mode        text        not null,
    confidence_threshold numeric,
    staleness_days       integer,
    required_owner_kind  text        not null,
    status               text        not null default 'active',
    created_at           timestamptz not null default now(),
    created_by           text        not null default session_user,
    constraint coverage_rule_pkey primary key (rule_code),
    constraint coverage_rule_axis_fkey foreign key (axis_code) references axis_registry (axis_code),
    constraint coverage_rule_mode_is_known
        check ((coverage_mode in ('cross_product', 'per_assignment')) is true),
    constraint coverage_rule_threshold_is_a_share
        check ((confidence_threshold is null or confidence_threshold between 0 and 1) is true),
    constraint coverage_rule_staleness_is_not_negative
        check ((staleness_days is null or staleness_days >= 0) is true),
    constraint coverage_rule_owner_kind_is_known
        check ((required_owner_kind in ('accountable', 'supporting', 'delegated', 'exception')) is true),
    constraint coverage_rule_status_is_known
        check ((status in ('candidate', 'active', 'deprecated', 'retired')) is true)
);

create unique index coverage_rule_one_active
    on coverage_rule (axis_code, applies_to)
    where status = 'active';

comment on table coverage_rule is 'Turns an axis into required cells.';
comment on column coverage_rule.rule_code is 'name of the rule';
comment on column coverage_rule.axis_code is 'the axis';
comment on column coverage_rule.applies_to is 'object type the rule is for';
comment on column coverage_rule.coverage_mode is 'cross_product: every object x every value; per_assignment: only what is assigned';
comment on column coverage_rule.confidence_threshold is 'an assignment below it is low_confidence; null = no threshold';
comment on column coverage_rule.staleness_days is 'an assignment older than this is stale; 0 or null = never';
comment on column coverage_rule.required_owner_kind is 'kind of owner that fills a cell';
comment on column coverage_rule.status is 'candidate, active, deprecated or retired; one active rule for an axis and object type';
comment on column coverage_rule.created_at is 'transaction time of the insert';
comment on column coverage_rule.created_by is 'release tag, or who made the row';

create table axis_object_ownership (
    ownership_id     bigint      generated always as identity,
    object_type      text        not null,
    object_ref       text        not null,
    axis_code        text        not null,
    value_code       text        not null,
    owner_gov_code   text        not null,
    owner_kind       text        not null,
    provenance       jsonb       not null,
    approval_ref     text,
    effective_from   timestamptz not null default now(),
    effective_to     timestamptz,
    lifecycle_status text        not null default 'active',
    supersedes_id    bigint,
    created_at       timestamptz not null default now(),
    created_by       text        not null default session_user,
    constraint axis_object_ownership_pkey primary key (ownership_id),
    constraint axis_object_ownership_value_fkey
        foreign key (axis_code, value_code) references axis_value (axis_code, value_code),
    constraint axis_object_ownership_owner_fkey
        foreign key (owner_gov_code) references governance_registry (code),
    constraint axis_object_ownership_supersedes_fkey
        foreign key (supersedes_id) references axis_object_ownership (ownership_id),
    constraint axis_object_ownership_kind_is_known
        check ((owner_kind in ('accountable', 'supporting', 'delegated', 'exception')) is true),
    constraint axis_object_ownership_lifecycle_is_known
        check ((lifecycle_status in ('active', 'superseded', 'revoked', 'expired')) is true),
    constraint axis_object_ownership_has_provenance
        check ((jsonb_typeof(provenance) = 'object' and provenance <> '{}') is true),
    constraint axis_object_ownership_delegated_has_an_end
        check ((owner_kind <> 'delegated' or effective_to is not null) is true)
);

create unique index axis_object_ownership_one_accountable
    on axis_object_ownership (object_type, object_ref, axis_code, value_code)
    where owner_kind = 'accountable' and lifecycle_status = 'active';
create index axis_object_ownership_by_owner
    on axis_object_ownership (owner_gov_code);

comment on table axis_object_ownership is
    'Who holds a cell of an axis other than responsibility. Dates are half-open, as in governance_object_ownership.';
comment on column axis_object_ownership.ownership_id is 'key';
comment on column axis_object_ownership.object_type is 'type of the object, as in the inventory';
comment on column axis_object_ownership.object_ref is 'the object, as in the inventory';
comment on column axis_object_ownership.axis_code is 'the axis';
comment on column axis_object_ownership.value_code is 'the value';
comment on column axis_object_ownership.owner_gov_code is 'the agency';
comment on column axis_object_ownership.owner_kind is 'accountable, supporting, delegated or exception';
comment on column axis_object_ownership.provenance is 'where the row comes from, for example kind derived or human_ratified';
comment on column axis_object_ownership.approval_ref is 'the approval it rests on';
comment on column axis_object_ownership.effective_from is 'holds from here';
comment on column axis_object_ownership.effective_to is 'holds until just before; null = no end';
comment on column axis_object_ownership.lifecycle_status is 'active, superseded, revoked or expired';
comment on column axis_object_ownership.supersedes_id is 'the row this one follows';
comment on column axis_object_ownership.created_at is 'transaction time of the insert';
comment on column axis_object_ownership.created_by is 'release tag, or who made the row';

create table axis_candidate_finding (
    finding_type text        not null,
    object_type  text        not null,
    object_ref   text        not null,
    axis_code    text        not null,
    value_code   text        not null,
    severity     text        not null,
    detail       text,
    first_seen   timestamptz not null default now(),
    last_seen    timestamptz not null default now(),
    scan_count   bigint      not null default 1,
    constraint axis_candidate_finding_pkey
        primary key (finding_type, object_type, object_ref, axis_code, value_code),
    constraint axis_candidate_finding_severity_is_known
        check ((severity in ('critical', 'warning', 'info')) is true)
);

comment on table axis_candidate_finding is
    'Store of the first scanner, which knew one scan only. governance_drift_state has taken its place; it stays empty.';
comment on column axis_candidate_finding.finding_type is 'what was found';
comment on column axis_candidate_finding.object_type is 'type of the object';
comment on column axis_candidate_finding.object_ref is 'the object';
comment on column axis_candidate_finding.axis_code is 'the axis';
comment on column axis_candidate_finding.value_code is 'the value';
comment on column axis_candidate_finding.severity is 'critical, warning or info';
comment on column axis_candidate_finding.detail is 'what is wrong, in words';
comment on column axis_candidate_finding.first_seen is 'first seen at';
comment on column axis_candidate_finding.last_seen is 'last seen at';
comment on column axis_candidate_finding.scan_count is 'scans that saw it';

-- ---------------------------------------------------------------------------------------------
-- Tables 7..11: map, scanner, event log, decisions
-- ---------------------------------------------------------------------------------------------

create table topic_taxonomy_map (
    axis_code  text        not null default 'topic',
    value_code text        not null,
    label_code text        not null,
    map_kind   text        not null,
    created_at timestamptz not null default now(),
    created_by text        not null default session_user,
    constraint topic_taxonomy_map_pkey primary key (axis_code, value_code, label_code),
    constraint topic_taxonomy_map_value_fkey
        foreign key (axis_code, value_code) references axis_value (axis_code, value_code),
    constraint topic_taxonomy_map_is_about_topics
        check ((axis_code = 'topic') is true),
    constraint topic_taxonomy_map_kind_is_known
        check ((map_kind in ('direct', 'inferred')) is true)
);

comment on table topic_taxonomy_map is
    'Which labels of the application express which topic. No foreign key to the vocabulary: it belongs to the application.';
comment on column topic_taxonomy_map.axis_code is 'always topic';
comment on column topic_taxonomy_map.value_code is 'the topic';
comment on column topic_taxonomy_map.label_code is 'code of the label in taxonomy';
comment on column topic_taxonomy_map.map_kind is 'direct or inferred';
comment on column topic_taxonomy_map.created_at is 'transaction time of the insert';
comment on column topic_taxonomy_map.created_by is 'release tag, or who made the row';

create table governance_scan_run (
    scan_id        bigint      generated always as identity,
    actor          text        not null,
    mode           text        not null,
    started_at     timestamptz not null default now(),
    finished_at    timestamptz,
    finding_count  bigint      not null default 0,
    new_count      bigint      not null default 0,
    resolved_count bigint      not null default 0,
    open_count     bigint      not null default 0,
    critical_count bigint      not null default 0,
    summary        jsonb       not null default '{}',
    constraint governance_scan_run_pkey primary key (scan_id),
    constraint governance_scan_run_mode_is_known
        check ((mode in ('baseline', 'manual', 'scheduled')) is true)
);

comment on table governance_scan_run is 'One row for each scan of the drift detectors.';
comment on column governance_scan_run.scan_id is 'key; the first committed scan is 1';
comment on column governance_scan_run.actor is 'who asked for the scan';
comment on column governance_scan_run.mode is 'baseline, manual or scheduled';
comment on column governance_scan_run.started_at is 'transaction time of the scan';
comment on column governance_scan_run.finished_at is 'set when the scan is complete';
comment on column governance_scan_run.finding_count is 'findings that the detectors showed';
comment on column governance_scan_run.new_count is 'findings that were never seen before';
comment on column governance_scan_run.resolved_count is 'open findings that were not seen again';
comment on column governance_scan_run.open_count is 'open findings after the scan';
comment on column governance_scan_run.critical_count is 'open critical findings after the scan';
comment on column governance_scan_run.summary is 'open findings by detector';

create table governance_drift_state (
    state_id         bigint      generated always as identity,
    detector_code    text        not null,
    severity         text        not null,
    object_type      text        not null,
    object_ref       text        not null,
    axis_code        text,
    value_code       text,
    detail           text,
    status           text        not null default 'open',
    scan_count       bigint      not null default 1,
    reopened_count   bigint      not null default 0,
    opened_scan_id   bigint      not null,
    last_scan_id     bigint      not null,
    resolved_scan_id bigint,
    first_seen_at    timestamptz not null default now(),
    last_seen_at     timestamptz not null default now(),
    resolved_at      timestamptz,
    constraint governance_drift_state_pkey primary key (state_id),
    constraint governance_drift_state_opened_scan_fkey
        foreign key (opened_scan_id) references governance_scan_run (scan_id),
    constraint governance_drift_state_resolved_scan_fkey
        foreign key (resolved_scan_id) references governance_scan_run (scan_id),
    constraint governance_drift_state_severity_is_known
        check ((severity in ('critical', 'warning', 'info')) is true),
    constraint governance_drift_state_status_is_known
        check ((status in ('open', 'resolved')) is true),
    constraint governance_drift_state_resolved_is_complete
        check (((status = 'resolved') = (resolved_scan_id is not null)
                and (status = 'resolved') = (resolved_at is not null)) is true)
)
-- Each scan writes each open finding once: with room on its page the new version needs no entry in any index.
with (fillfactor = 50);

-- The axis belongs to the key: two rules may miss the same object on two axes.
create unique index governance_drift_state_key
    on governance_drift_state (
        detector_code,
        coalesce(axis_code, '∅'),
        object_type,
        object_ref,
        coalesce(value_code, '∅')
    );
create index governance_drift_state_by_opened_scan
    on governance_drift_state (opened_scan_id);
create index governance_drift_state_by_resolved_scan
    on governance_drift_state (resolved_scan_id)
    where resolved_scan_id is not null;

comment on table governance_drift_state is 'The findings as the last scan left them: opened, seen again, resolved, reopened.';
comment on column governance_drift_state.state_id is 'key';
comment on column governance_drift_state.detector_code is 'which detector';
comment on column governance_drift_state.severity is 'critical, warning or info; only critical must be zero';
comment on column governance_drift_state.object_type is 'type of the object';
comment on column governance_drift_state.object_ref is 'the object';
comment on column governance_drift_state.axis_code is 'the axis, if the finding has one';
comment on column governance_drift_state.value_code is 'the value, if the finding has one';
comment on column governance_drift_state.detail is 'what is wrong, in words, as last seen';
comment on column governance_drift_state.status is 'open or resolved';
comment on column governance_drift_state.scan_count is 'scans that saw it';
comment on column governance_drift_state.reopened_count is 'how often it came back';
comment on column governance_drift_state.opened_scan_id is 'the scan that opened it, or opened it again';
comment on column governance_drift_state.last_scan_id is 'the newest scan that saw it; no foreign key, so that idle runs can be pruned';
comment on column governance_drift_state.resolved_scan_id is 'the scan that no longer saw it';
comment on column governance_drift_state.first_seen_at is 'first seen at';
comment on column governance_drift_state.last_seen_at is 'last seen at';
comment on column governance_drift_state.resolved_at is 'resolved at';

create table governance_event_log (
    event_id            bigint      generated always as identity,
    state_id            bigint      not null,
    scan_id             bigint      not null,
    event_domain        text        not null default 'governance',
    event_type          text        not null,
    event_stream        text,
    delivery_lane       text,
    event_severity      text        not null,
    event_subject_table text        not null,
    event_subject_ref   text        not null,
    canonical_address   text        not null,
    actor_ref           text        not null,
    source_system       text        not null,
    safe_payload        jsonb       not null,
    occurred_at         timestamptz not null default now(),
    emittable           boolean     not null default false,
    emitted             boolean     not null default false,
    blocked_reason      text,
    constraint governance_event_log_pkey primary key (event_id),
    constraint governance_event_log_state_fkey
        foreign key (state_id) references governance_drift_state (state_id),
    constraint governance_event_log_scan_fkey
        foreign key (scan_id) references governance_scan_run (scan_id),
    constraint governance_event_log_one_for_each_opening unique (state_id, scan_id),
    constraint event_log_domain_is_governance
        check ((event_domain = 'governance') is true),
    constraint event_log_severity_is_known
        check ((event_severity in ('critical', 'warning', 'info')) is true),
    -- This log is a record. Nothing leaves the database from here.
    constraint event_log_never_emits
        check ((not emitted) is true),
    constraint event_log_blocked_has_a_reason
        check ((emittable = (blocked_reason is null)) is true)
);

create index governance_event_log_by_scan
    on governance_event_log (scan_id);

comment on table governance_event_log is 'One row for each finding that was opened or reopened: the event it would be. Nothing is ever emitted from here.';
comment on column governance_event_log.event_id is 'key';
comment on column governance_event_log.state_id is 'the finding';
comment on column governance_event_log.scan_id is 'the scan that opened it';
comment on column governance_event_log.event_domain is 'always governance';
comment on column governance_event_log.event_type is 'type, from v_drift_event_map';
comment on column governance_event_log.event_stream is 'stream of the type in event_type_registry';
comment on column governance_event_log.delivery_lane is 'lane of the type in event_type_registry';
comment on column governance_event_log.event_severity is 'severity of the finding';
comment on column governance_event_log.event_subject_table is 'table of the subject';
comment on column governance_event_log.event_subject_ref is 'key of the subject';
comment on column governance_event_log.canonical_address is 'object_type:object_ref';
comment on column governance_event_log.actor_ref is 'who reports it';
comment on column governance_event_log.source_system is 'where it comes from';
comment on column governance_event_log.safe_payload is 'detector, object, axis, value, detail; no data of the application';
comment on column governance_event_log.occurred_at is 'transaction time of the scan';
comment on column governance_event_log.emittable is 'true only if its type was active';
comment on column governance_event_log.emitted is 'always false';
comment on column governance_event_log.blocked_reason is 'why it may not be emitted; null exactly when emittable';

create table topic_label_reconcile_decision (
    decision_id          bigint      generated always as identity,
    coll                 text        not null,
    axis_code            text        not null default 'topic',
    topic_value          text        not null,
    decision_kind        text        not null,
    rationale            text        not null,
    evidence_fingerprint text        not null,
    decided_by           text        not null,
    decided_at           timestamptz not null default now(),
    status               text        not null default 'active',
    approval_ref         text,
    tag                  text        not null default session_user,
    constraint topic_label_reconcile_decision_pkey primary key (decision_id),
    constraint topic_label_reconcile_decision_value_fkey
        foreign key (axis_code, topic_value) references axis_value (axis_code, value_code),
    constraint topic_label_reconcile_decision_is_about_topics
        check ((axis_code = 'topic') is true),
    constraint topic_label_reconcile_decision_kind_is_known
        check ((decision_kind in ('accept_orthogonal_facet',
                                  'accept_projection_pending',
                                  'accept_quarantine_hold')) is true),
    constraint topic_label_reconcile_decision_status_is_known
        check ((status in ('active', 'withdrawn', 'superseded')) is true)
);

create unique index topic_label_reconcile_decision_one_active
    on topic_label_reconcile_decision (coll, topic_value)
    where status = 'active';

comment on table topic_label_reconcile_decision is
    'Differences between topic and labels that were accepted, each bound to the facts it was made on.';
comment on column topic_label_reconcile_decision.decision_id is 'key';
comment on column topic_label_reconcile_decision.coll is 'the collection';
comment on column topic_label_reconcile_decision.axis_code is 'always topic';
comment on column topic_label_reconcile_decision.topic_value is 'the topic';
comment on column topic_label_reconcile_decision.decision_kind is 'accept_orthogonal_facet, accept_projection_pending or accept_quarantine_hold';
comment on column topic_label_reconcile_decision.rationale is 'why, in words';
comment on column topic_label_reconcile_decision.evidence_fingerprint is 'fingerprint of the facts; the decision is void when they change';
comment on column topic_label_reconcile_decision.decided_by is 'who decided';
comment on column topic_label_reconcile_decision.decided_at is 'when';
comment on column topic_label_reconcile_decision.status is 'active, withdrawn or superseded';
comment on column topic_label_reconcile_decision.approval_ref is 'the approval it rests on';
comment on column topic_label_reconcile_decision.tag is 'release tag, or who made the row';

-- ---------------------------------------------------------------------------------------------
-- Views 1..9: coverage of the axes
-- ---------------------------------------------------------------------------------------------

-- Inventory and owners are views of the base that the planner cannot estimate, so whole sets are met by
-- intersect and except below: those are sorted or hashed whatever the statistics say. A join, or a
-- `not exists`, became a nested loop on fresh rows and took a minute for 35,000 cells.

create view v_axis_required_cell as
select r.axis_code,
       i.object_type::text as object_type,
       i.object_ref::text  as object_ref,
       v.value_code,
       r.rule_code,
       r.required_owner_kind
from coverage_rule r
join axis_registry a
  on a.axis_code = r.axis_code
 and a.status = 'active'
join axis_value v
  on v.axis_code = r.axis_code
 and v.status = 'active'
join v_governance_object_inventory i
  on i.object_type = r.applies_to
 and i.born
 and i.requires_owner
where r.status = 'active'
  and r.coverage_mode = 'cross_product'
union all
select r.axis_code,
       s.object_type,
       s.object_ref,
       s.value_code,
       r.rule_code,
       r.required_owner_kind
from coverage_rule r
join axis_registry a
  on a.axis_code = r.axis_code
 and a.status = 'active'
join (
    select t.object_type, t.object_ref
    from axis_assignment t
    where t.status = 'active'
    intersect
    select i.object_type, i.object_ref
    from v_governance_object_inventory i
) present
  on present.object_type = r.applies_to
join axis_assignment s
  on s.axis_code = r.axis_code
 and s.object_type = present.object_type
 and s.object_ref = present.object_ref
 and s.status = 'active'
where r.status = 'active'
  and r.coverage_mode = 'per_assignment';

comment on view v_axis_required_cell is 'Every cell that a coverage rule wants an owner for.';
comment on column v_axis_required_cell.axis_code           is 'the axis';
comment on column v_axis_required_cell.object_type         is 'type of the object, as in the inventory';
comment on column v_axis_required_cell.object_ref          is 'the object, as in the inventory';
comment on column v_axis_required_cell.value_code          is 'the value of the axis';
comment on column v_axis_required_cell.rule_code           is 'the coverage rule';
comment on column v_axis_required_cell.required_owner_kind is 'kind of owner that fills the cell';

create view v_axis_effective_owner as
select 'responsibility'::text    as axis_code,
       e.object_type::text       as object_type,
       e.object_ref::text        as object_ref,
       e.scope::text             as value_code,
       e.owner_gov_code::text    as owner_gov_code,
       e.owner_kind::text        as owner_kind,
       e.resolution::text        as resolution,
       e.depth::integer          as depth
from v_object_effective_owner e
union all
select o.axis_code,
       o.object_type,
       o.object_ref,
       o.value_code,
       o.owner_gov_code,
       o.owner_kind,
       'direct'::text,
       0
from axis_object_ownership o
where o.axis_code <> 'responsibility'
  and o.lifecycle_status = 'active'
  and o.effective_from <= now()
  and (o.effective_to is null or now() < o.effective_to);

comment on view v_axis_effective_owner is
    'Who holds a cell: for responsibility the effective owner of the base, groups included; for other axes the valid rows.';
comment on column v_axis_effective_owner.axis_code      is 'the axis';
comment on column v_axis_effective_owner.object_type    is 'type of the object, as in the inventory';
comment on column v_axis_effective_owner.object_ref     is 'the object, as in the inventory';
comment on column v_axis_effective_owner.value_code     is 'the value; for responsibility the scope';
comment on column v_axis_effective_owner.owner_gov_code is 'the agency';
comment on column v_axis_effective_owner.owner_kind     is 'accountable, supporting, delegated or exception';
comment on column v_axis_effective_owner.resolution     is 'direct or inherited';
comment on column v_axis_effective_owner.depth          is 'levels between the object and the row that decides';

create view v_axis_coverage_gap as
select g.axis_code,
       g.object_type,
       g.object_ref,
       g.value_code,
       r.rule_code,
       g.required_owner_kind
from (
    -- no owner of the required kind exists, asked for all cells at once
    select c.axis_code, c.object_type, c.object_ref, c.value_code, c.required_owner_kind
    from v_axis_required_cell c
    except
    select e.axis_code, e.object_type, e.object_ref, e.value_code, e.owner_kind
    from v_axis_effective_owner e
) g
join coverage_rule r
  on r.axis_code = g.axis_code
 and r.applies_to = g.object_type
 and r.status = 'active';

comment on view v_axis_coverage_gap is 'Required cells without an owner of the required kind.';
comment on column v_axis_coverage_gap.axis_code           is 'the axis';
comment on column v_axis_coverage_gap.object_type         is 'type of the object, as in the inventory';
comment on column v_axis_coverage_gap.object_ref          is 'the object, as in the inventory';
comment on column v_axis_coverage_gap.value_code          is 'the value of the axis';
comment on column v_axis_coverage_gap.rule_code           is 'the coverage rule';
comment on column v_axis_coverage_gap.required_owner_kind is 'kind of owner that fills the cell';

create view v_axis_assignment_quality as
select s.assignment_id,
       s.object_type,
       s.object_ref,
       s.axis_code,
       s.value_code,
       s.zone,
       s.confidence,
       r.confidence_threshold,
       r.staleness_days,
       s.assigned_at,
       case
           when s.zone = 'quarantine'
             or jsonb_typeof(s.provenance) is distinct from 'object'
             or s.provenance = '{}'
               then 'quarantine'
           -- an unknown confidence is below every threshold
           when coalesce(s.confidence, 0) < r.confidence_threshold
               then 'low_confidence'
           when r.staleness_days > 0
            and s.assigned_at < now() - make_interval(days => r.staleness_days)
               then 'stale'
           else 'ok'
       end as quality_flag
from axis_assignment s
left join coverage_rule r
  on r.axis_code = s.axis_code
 and r.applies_to = s.object_type
 and r.status = 'active'
where s.status = 'active';

comment on view v_axis_assignment_quality is
    'One flag for each active assignment, the first that fits: quarantine, low_confidence, stale, ok.';
comment on column v_axis_assignment_quality.assignment_id        is 'key of the assignment';
comment on column v_axis_assignment_quality.object_type          is 'type of the object, as in the inventory';
comment on column v_axis_assignment_quality.object_ref           is 'the object, as in the inventory';
comment on column v_axis_assignment_quality.axis_code            is 'the axis';
comment on column v_axis_assignment_quality.value_code           is 'the value of the axis';
comment on column v_axis_assignment_quality.zone                 is 'approved, candidate or quarantine';
comment on column v_axis_assignment_quality.confidence           is 'how sure the assigner is, 0 to 1';
comment on column v_axis_assignment_quality.confidence_threshold is 'what the rule asks for';
comment on column v_axis_assignment_quality.staleness_days       is 'age from which the rule calls it stale; 0 or null = never';
comment on column v_axis_assignment_quality.assigned_at          is 'when it was judged';
comment on column v_axis_assignment_quality.quality_flag         is 'quarantine, low_confidence, stale or ok';

create view v_axis_registry_coverage as
select a.axis_code,
       a.axis_family,
       a.axis_kind,
       a.status,
       (select count(*) from axis_value v
         where v.axis_code = a.axis_code and v.status = 'active')      as active_values,
       (select count(*) from axis_assignment s
         where s.axis_code = a.axis_code and s.status = 'active')      as active_assignments,
       (select count(*) from coverage_rule r
         where r.axis_code = a.axis_code and r.status = 'active')      as active_rules
from axis_registry a;

comment on view v_axis_registry_coverage is 'Each axis with its active values, assignments and rules.';
comment on column v_axis_registry_coverage.axis_code          is 'the axis';
comment on column v_axis_registry_coverage.axis_family        is 'structural, label, semantic, pivot or system';
comment on column v_axis_registry_coverage.axis_kind          is 'deterministic, uncertain or system';
comment on column v_axis_registry_coverage.status             is 'candidate, active, deprecated or retired';
comment on column v_axis_registry_coverage.active_values      is 'values in use';
comment on column v_axis_registry_coverage.active_assignments is 'assignments in force';
comment on column v_axis_registry_coverage.active_rules       is 'coverage rules in force';

create view v_axis_missing_assignment as
select r.axis_code,
       m.object_type,
       m.object_ref,
       null::text      as value_code,
       'missing'::text as reason,
       r.rule_code
from (
    select r.axis_code, i.object_type::text as object_type, i.object_ref::text as object_ref
    from coverage_rule r
    join axis_registry a
      on a.axis_code = r.axis_code
     and a.status = 'active'
    join v_governance_object_inventory i
      on i.object_type = r.applies_to
     and i.born
     and i.requires_owner
    where r.status = 'active'
      and r.coverage_mode = 'per_assignment'
    except
    select s.axis_code, s.object_type, s.object_ref
    from axis_assignment s
    where s.status = 'active'
) m
join coverage_rule r
  on r.axis_code = m.axis_code
 and r.applies_to = m.object_type
 and r.status = 'active'
union all
select 'containment'::text,
       m.object_type,
       m.object_ref,
       m.value_code,
       'moved'::text,
       r.rule_code
from (
    select s.object_type, s.object_ref, s.value_code
    from axis_assignment s
    where s.status = 'active'
      and s.axis_code = 'containment'
    except
    select c.object_type, c.object_ref, c.parent_ref
    from v_governance_object_containment c
    where c.parent_type = 'group'
) m
join (
    -- what has left the inventory is gone, not moved
    select t.object_type, t.object_ref
    from axis_assignment t
    where t.status = 'active'
      and t.axis_code = 'containment'
    intersect
    select i.object_type, i.object_ref
    from v_governance_object_inventory i
) present
  on present.object_type = m.object_type
 and present.object_ref = m.object_ref
left join coverage_rule r
  on r.axis_code = 'containment'
 and r.applies_to = m.object_type
 and r.status = 'active'
union all
select s.axis_code,
       s.object_type,
       s.object_ref,
       s.value_code,
       'gone'::text,
       r.rule_code
from (
    select t.object_type, t.object_ref
    from axis_assignment t
    where t.status = 'active'
    except
    select i.object_type, i.object_ref
    from v_governance_object_inventory i
) absent
join axis_assignment s
  on s.object_type = absent.object_type
 and s.object_ref = absent.object_ref
 and s.status = 'active'
left join coverage_rule r
  on r.axis_code = s.axis_code
 and r.applies_to = s.object_type
 and r.status = 'active';

comment on view v_axis_missing_assignment is
    'Assignments that do not fit the inventory: missing, moved to another group, or gone from the inventory.';
comment on column v_axis_missing_assignment.axis_code   is 'the axis';
comment on column v_axis_missing_assignment.object_type is 'type of the object, as in the inventory';
comment on column v_axis_missing_assignment.object_ref  is 'the object, as in the inventory';
comment on column v_axis_missing_assignment.value_code  is 'the value it is assigned to; null if missing';
comment on column v_axis_missing_assignment.reason      is 'missing, moved or gone';
comment on column v_axis_missing_assignment.rule_code   is 'the coverage rule';

create view v_axis_coverage_summary as
with required as (
    select c.axis_code, count(*) as cells
    from v_axis_required_cell c
    group by c.axis_code
), gap as (
    select g.axis_code, count(*) as cells
    from v_axis_coverage_gap g
    group by g.axis_code
), quality as (
    select q.axis_code,
           count(*) filter (where q.quality_flag = 'ok')             as ok_assignments,
           count(*) filter (where q.quality_flag = 'low_confidence') as low_conf,
           count(*) filter (where q.quality_flag = 'stale')          as stale,
           count(*) filter (where q.quality_flag = 'quarantine')     as quarantine
    from v_axis_assignment_quality q
    group by q.axis_code
)
select a.axis_code,
       a.axis_kind,
       a.status,
       coalesce(r.cells, 0)          as required_cells,
       coalesce(g.cells, 0)          as gap_cells,
       coalesce(q.ok_assignments, 0) as ok_assignments,
       coalesce(q.low_conf, 0)       as low_conf,
       coalesce(q.stale, 0)          as stale,
       coalesce(q.quarantine, 0)     as quarantine
from axis_registry a
left join required r on r.axis_code = a.axis_code
left join gap g      on g.axis_code = a.axis_code
left join quality q  on q.axis_code = a.axis_code
where a.status = 'active';

comment on view v_axis_coverage_summary is 'Each active axis with its required cells, gaps and assignment quality.';
comment on column v_axis_coverage_summary.axis_code      is 'the axis';
comment on column v_axis_coverage_summary.axis_kind      is 'deterministic, uncertain or system';
comment on column v_axis_coverage_summary.status         is 'candidate, active, deprecated or retired';
comment on column v_axis_coverage_summary.required_cells is 'cells that a rule wants an owner for';
comment on column v_axis_coverage_summary.gap_cells      is 'required cells without such an owner';
comment on column v_axis_coverage_summary.ok_assignments is 'assignments without a fault';
comment on column v_axis_coverage_summary.low_conf       is 'assignments below the threshold';
comment on column v_axis_coverage_summary.stale          is 'assignments that are too old';
comment on column v_axis_coverage_summary.quarantine     is 'assignments held in quarantine';

create view v_axis_topic_parentage_conflict as
with recursive climb as (
    select s.object_type,
           s.object_ref,
           s.axis_code,
           v.value_code,
           v.parent_value_code,
           v.level
    from axis_assignment s
    join axis_value v
      on v.axis_code = s.axis_code
     and v.value_code = s.value_code
    where s.status = 'active'
      and s.axis_code = 'topic'
    union
    select c.object_type,
           c.object_ref,
           c.axis_code,
           p.value_code,
           p.parent_value_code,
           p.level
    from climb c
    join axis_value p
      on p.axis_code = c.axis_code
     and p.value_code = c.parent_value_code
     and p.level < c.level          -- the level falls, so the climb ends
)
select c.object_type,
       c.object_ref,
       c.axis_code,
       count(distinct c.value_code)                            as root_count,
       array_agg(distinct c.value_code order by c.value_code)  as roots
from climb c
where c.parent_value_code is null
group by c.object_type, c.object_ref, c.axis_code
having count(distinct c.value_code) > 1;

comment on view v_axis_topic_parentage_conflict is
    'Objects whose topics lead to more than one topmost ancestor. Several topics under one root are fine.';
comment on column v_axis_topic_parentage_conflict.object_type is 'type of the object, as in the inventory';
comment on column v_axis_topic_parentage_conflict.object_ref  is 'the object, as in the inventory';
comment on column v_axis_topic_parentage_conflict.axis_code   is 'the axis';
comment on column v_axis_topic_parentage_conflict.root_count  is 'number of topmost ancestors';
comment on column v_axis_topic_parentage_conflict.roots       is 'the topmost ancestors, sorted';

-- ---------------------------------------------------------------------------------------------
-- Views 10..15: topic against label
-- ---------------------------------------------------------------------------------------------

create view v_reconcile_label_orphan as
with recursive in_use(label_code) as (
    -- One index probe for each label in use, never a scan of all labels: there may be millions.
    (select l.label_code::text
     from entity_labels l
     where l.label_code is not null
     order by l.label_code
     limit 1)
    union all
    select (select l.label_code::text
            from entity_labels l
            where l.label_code > u.label_code
            order by l.label_code
            limit 1)
    from in_use u
    where u.label_code is not null
)
select u.label_code
from in_use u
where u.label_code is not null
  and not exists (
      select from taxonomy t
      where t.code = u.label_code
  );

comment on view v_reconcile_label_orphan is 'Labels in use that the vocabulary does not have.';
comment on column v_reconcile_label_orphan.label_code is 'the label';

create view v_reconcile_topic_without_label as
select v.value_code,
       v.value_name
from axis_value v
where v.axis_code = 'topic'
  and v.status = 'active'
  and not exists (
      select from topic_taxonomy_map m
      where m.axis_code = v.axis_code
        and m.value_code = v.value_code
  );

comment on view v_reconcile_topic_without_label is 'Active topics that no label expresses.';
comment on column v_reconcile_topic_without_label.value_code is 'the value of the axis';
comment on column v_reconcile_topic_without_label.value_name is 'name for people';

create view v_reconcile_label_without_topic as
select t.code::text as label_code,
       f.code::text as facet_code
from taxonomy t
join taxonomy_facets f
  on f.id = t.facet_id
 and f.status = 'active'
where t.status = 'active'
  and not exists (
      select from topic_taxonomy_map m
      where m.label_code = t.code
  );

comment on view v_reconcile_label_without_topic is 'Active labels of active facets that express no topic.';
comment on column v_reconcile_label_without_topic.label_code is 'the label';
comment on column v_reconcile_label_without_topic.facet_code is 'the facet of the label';

create view v_reconcile_collection_topic_vs_label as
with assigned as (
    select s.object_type,
           s.object_ref as coll,
           s.value_code as topic_value,
           s.zone,
           exists (
               select from v_axis_effective_owner e
               where e.axis_code = 'topic'
                 and e.object_type = s.object_type
                 and e.object_ref = s.object_ref
                 and e.value_code = s.value_code
                 and e.owner_kind = 'accountable'
           ) as has_owner
    from axis_assignment s
    where s.axis_code = 'topic'
      and s.object_type = 'collection'
      and s.status = 'active'
), topic as (
    select m.value_code,
           array_agg(distinct m.label_code order by m.label_code) as labels,
           array_agg(distinct f.code::text order by f.code::text)
               filter (where f.code is not null)                  as facets
    from topic_taxonomy_map m
    left join taxonomy t        on t.code = m.label_code
    left join taxonomy_facets f on f.id = t.facet_id
    group by m.value_code
), rule as (
    -- Once for all collections: asked for each assignment, the rules were read as often as there are assignments.
    select r.condition ->> 'collection'                                           as coll,
           array_agg(distinct r.result_label::text order by r.result_label::text) as labels,
           array_agg(distinct f.code::text order by f.code::text)
               filter (where f.code is not null)                                  as facets
    from label_rules r
    left join taxonomy t        on t.code = r.result_label
    left join taxonomy_facets f on f.id = t.facet_id
    where r.rule_type = 'collection'
      and r.status = 'active'
      and r.result_label is not null
    group by r.condition ->> 'collection'
), compared as (
    select a.coll,
           a.topic_value,
           a.zone,
           a.has_owner,
           coalesce(topic.labels, '{}') as topic_labels,
           coalesce(topic.facets, '{}') as topic_facets,
           coalesce(rule.labels, '{}')  as rule_labels,
           coalesce(rule.facets, '{}')  as rule_facets
    from assigned a
    left join topic on topic.value_code = a.topic_value
    left join rule  on rule.coll = a.coll
), flagged as (
    select c.*,
           case
               when c.rule_labels = '{}'                then 'no_label_rule'
               when c.topic_labels = '{}'               then 'no_topic_label'
               when c.topic_labels && c.rule_labels     then 'consistent'
               when not c.topic_facets && c.rule_facets then 'orthogonal_facet'
               else 'divergent'
           end as base_flag,
           md5(concat_ws('|',
               c.topic_value,
               c.zone,
               array_to_string(c.topic_labels, ','),
               array_to_string(c.rule_labels, ','))) as evidence_fingerprint
    from compared c
)
select f.coll,
       f.topic_value,
       f.zone,
       f.has_owner,
       f.topic_labels,
       f.topic_facets,
       f.rule_labels,
       f.rule_facets,
       f.base_flag,
       f.evidence_fingerprint,
       d.decision_id,
       d.decision_kind,
       case
           when d.decision_id is null then f.base_flag
           else 'reconciled_' || d.decision_kind
       end as flag
from flagged f
left join topic_label_reconcile_decision d
  on d.coll = f.coll
 and d.topic_value = f.topic_value
 and d.status = 'active'
 -- A decision is bound to the facts it was made on: any new fact opens the row again.
 and d.evidence_fingerprint = f.evidence_fingerprint
 and case d.decision_kind
         when 'accept_quarantine_hold'    then f.zone = 'quarantine' and f.base_flag <> 'divergent'
         when 'accept_orthogonal_facet'   then f.base_flag = 'orthogonal_facet'
         when 'accept_projection_pending' then f.base_flag = 'no_label_rule' and f.has_owner
         else false
     end;

comment on view v_reconcile_collection_topic_vs_label is
    'The topic of each collection against the labels that its rules give it. Facets are orthogonal, so no overlap is no contradiction; divergent can never be accepted.';
comment on column v_reconcile_collection_topic_vs_label.coll                 is 'the collection';
comment on column v_reconcile_collection_topic_vs_label.topic_value          is 'the topic';
comment on column v_reconcile_collection_topic_vs_label.zone                 is 'approved, candidate or quarantine';
comment on column v_reconcile_collection_topic_vs_label.has_owner            is 'whether somebody accountable holds the topic of the collection';
comment on column v_reconcile_collection_topic_vs_label.topic_labels         is 'labels that express the topic, sorted';
comment on column v_reconcile_collection_topic_vs_label.topic_facets         is 'facets of these labels, sorted';
comment on column v_reconcile_collection_topic_vs_label.rule_labels          is 'labels that active rules give to the collection, sorted';
comment on column v_reconcile_collection_topic_vs_label.rule_facets          is 'facets of these labels, sorted';
comment on column v_reconcile_collection_topic_vs_label.base_flag            is 'no_label_rule, no_topic_label, consistent, orthogonal_facet or divergent';
comment on column v_reconcile_collection_topic_vs_label.evidence_fingerprint is 'fingerprint of the facts a decision would be bound to';
comment on column v_reconcile_collection_topic_vs_label.decision_id          is 'the decision that counts, if one does';
comment on column v_reconcile_collection_topic_vs_label.decision_kind        is 'its kind';
comment on column v_reconcile_collection_topic_vs_label.flag                 is 'base_flag, or reconciled_ and the kind of the decision';

create view v_reconcile_topic_projection_gap as
select c.coll,
       c.topic_value,
       e.owner_gov_code,
       c.flag
from v_reconcile_collection_topic_vs_label c
join v_axis_effective_owner e
  on e.axis_code = 'topic'
 and e.object_ref = c.coll
 and e.value_code = c.topic_value
 and e.owner_kind = 'accountable'
where c.has_owner
  and c.flag = 'no_label_rule';

comment on view v_reconcile_topic_projection_gap is
    'Collections with an owned topic that no label rule projects, unless that was accepted.';
comment on column v_reconcile_topic_projection_gap.coll           is 'the collection';
comment on column v_reconcile_topic_projection_gap.topic_value    is 'the topic';
comment on column v_reconcile_topic_projection_gap.owner_gov_code is 'the agency';
comment on column v_reconcile_topic_projection_gap.flag           is 'base_flag, or reconciled_ and the kind of the decision';

create view v_reconcile_summary as
select (select count(*) from v_reconcile_label_orphan)         as label_orphans,
       (select count(*) from v_reconcile_topic_without_label)  as topics_without_label,
       (select count(*) from v_reconcile_label_without_topic)  as labels_without_topic,
       (select count(distinct c.coll)
          from v_reconcile_collection_topic_vs_label c
         where c.flag = 'divergent')                           as divergent_collections,
       (select count(*) from v_reconcile_topic_projection_gap) as projection_gaps;

comment on view v_reconcile_summary is 'The reconciliation of topics and labels in one row.';
comment on column v_reconcile_summary.label_orphans         is 'labels in use that the vocabulary does not have';
comment on column v_reconcile_summary.topics_without_label  is 'active topics that no label expresses';
comment on column v_reconcile_summary.labels_without_topic  is 'active labels that express no topic';
comment on column v_reconcile_summary.divergent_collections is 'collections whose labels contradict their topic';
comment on column v_reconcile_summary.projection_gaps       is 'collections with an owned topic that no label rule projects';

-- ---------------------------------------------------------------------------------------------
-- Views 18..22 and 31: what the detectors read
-- ---------------------------------------------------------------------------------------------

create view v_drift_unregistered_axis as
select s.object_type,
       s.object_ref,
       s.axis_code,
       s.value_code
from axis_assignment s
join axis_registry a
  on a.axis_code = s.axis_code
where s.status = 'active'
  and a.status <> 'active';

comment on view v_drift_unregistered_axis is 'Active assignments on an axis that is not active.';
comment on column v_drift_unregistered_axis.object_type is 'type of the object, as in the inventory';
comment on column v_drift_unregistered_axis.object_ref  is 'the object, as in the inventory';
comment on column v_drift_unregistered_axis.axis_code   is 'the axis';
comment on column v_drift_unregistered_axis.value_code  is 'the value of the axis';

create view v_drift_ui_visible_unapproved as
select s.object_type, s.object_ref, s.axis_code, s.value_code
from axis_assignment s
where s.status = 'active'
  and s.zone <> 'approved'
except
select e.object_type, e.object_ref, e.axis_code, e.value_code
from v_axis_effective_owner e
where e.owner_kind = 'accountable'
  and e.axis_code <> 'responsibility'
except
-- The owners of responsibility are as many as there are cells, so they are read only if somebody assigned
-- values of that axis, which no release does.
select e.object_type, e.object_ref, e.axis_code, e.value_code
from v_axis_effective_owner e
where e.owner_kind = 'accountable'
  and e.axis_code = 'responsibility'
  and exists (
      select from axis_assignment s
      where s.axis_code = 'responsibility'
        and s.status = 'active'
  );

comment on view v_drift_ui_visible_unapproved is
    'Assignments that pages show although nobody approved them and nobody is accountable.';
comment on column v_drift_ui_visible_unapproved.object_type is 'type of the object, as in the inventory';
comment on column v_drift_ui_visible_unapproved.object_ref  is 'the object, as in the inventory';
comment on column v_drift_ui_visible_unapproved.axis_code   is 'the axis';
comment on column v_drift_ui_visible_unapproved.value_code  is 'the value of the axis';

create view v_drift_coverage_rule_missing as
select a.axis_code
from axis_registry a
where a.status = 'active'
  and not exists (
      select from coverage_rule r
      where r.axis_code = a.axis_code
        and r.status = 'active'
  );

comment on view v_drift_coverage_rule_missing is 'Active axes that no active rule turns into cells.';
comment on column v_drift_coverage_rule_missing.axis_code is 'the axis';

create view v_drift_stale_candidate_value as
select v.axis_code,
       v.value_code,
       v.created_at
from axis_value v
where v.status = 'candidate'
  and v.created_at < now() - interval '30 days';

comment on view v_drift_stale_candidate_value is 'Values that have been candidates for more than 30 days.';
comment on column v_drift_stale_candidate_value.axis_code  is 'the axis';
comment on column v_drift_stale_candidate_value.value_code is 'the value of the axis';
comment on column v_drift_stale_candidate_value.created_at is 'when the value was made';

create view v_drift_event_map as
select m.detector_code,
       'governance'::text as event_domain,
       m.event_type
from (values
    ('label_orphan',              'coverage.scan_completed'),
    ('topic_without_label',       'coverage.scan_completed'),
    ('projection_lag',            'coverage.scan_completed'),
    ('low_confidence_assignment', 'input.untrusted_source'),
    ('stale_candidate',           'candidate.scan_completed'),
    ('conflicting_parentage',     'coverage.scan_completed'),
    ('unregistered_axis',         'coverage.scan_completed'),
    ('axis_assignment_missing',   'coverage.scan_completed'),
    ('ui_visible_unapproved',     'input.untrusted_source'),
    ('coverage_rule_missing',     'coverage.scan_completed'),
    ('projection_lag_timing',     'coverage.scan_completed')
) as m (detector_code, event_type);

comment on view v_drift_event_map is 'The eleven detectors and the event type each would be reported as.';
comment on column v_drift_event_map.detector_code is 'the detector';
comment on column v_drift_event_map.event_domain  is 'always governance';
comment on column v_drift_event_map.event_type    is 'the event it would be';

create view v_projection_lag_timing as
with compared as materialized (
    -- first what has rules at all, which is little; then the assignments of that
    select c.coll,
           c.topic_value
    from v_reconcile_collection_topic_vs_label c
    where c.rule_labels <> '{}'
      and c.flag not in ('reconciled_accept_projection_pending', 'reconciled_accept_quarantine_hold')
), ruled as (
    select c.coll,
           c.topic_value,
           s.assigned_at as governance_at,
           r.id          as rule_id
    from compared c
    join axis_assignment s
      on s.object_type = 'collection'
     and s.object_ref = c.coll
     and s.axis_code = 'topic'
     and s.value_code = c.topic_value
     and s.status = 'active'
    join label_rules r
      on r.rule_type = 'collection'
     and r.status = 'active'
     and r.condition ->> 'collection' = c.coll
), projected as (
    select r.coll,
           r.topic_value,
           r.governance_at,
           -- the application keeps local timestamps that mean UTC
           max(l.newest) at time zone 'UTC' as projected_at,
           sum(l.labels)::bigint            as label_count
    from ruled r
    -- One index probe for each rule, so that only the labels of these rules are read.
    cross join lateral (
        select max(e.assigned_at) as newest,
               count(*)           as labels
        from entity_labels e
        where e.rule_id = r.rule_id
    ) l
    group by r.coll, r.topic_value, r.governance_at
)
select p.coll,
       p.topic_value,
       p.governance_at,
       p.projected_at,
       p.label_count,
       (p.governance_at at time zone 'UTC')::date
           - (p.projected_at at time zone 'UTC')::date as lag_days,
       case
           when p.projected_at is null          then 'never_projected'
           when p.projected_at < p.governance_at then 'lagging'
           else 'fresh'
       end as lag_flag
from projected p;

comment on view v_projection_lag_timing is
    'How far the labels that the application wrote lie behind the topic of their collection.';
comment on column v_projection_lag_timing.coll          is 'the collection';
comment on column v_projection_lag_timing.topic_value   is 'the topic';
comment on column v_projection_lag_timing.governance_at is 'when the topic was assigned';
comment on column v_projection_lag_timing.projected_at  is 'newest label of the rules; null = never';
comment on column v_projection_lag_timing.label_count   is 'labels of the rules';
comment on column v_projection_lag_timing.lag_days      is 'difference of the two dates in UTC';
comment on column v_projection_lag_timing.lag_flag      is 'never_projected, lagging or fresh';

-- ---------------------------------------------------------------------------------------------
-- Views 16, 17, 8, 23: findings and what they would be reported as
-- ---------------------------------------------------------------------------------------------

create view v_drift_finding as
select 'label_orphan'::text as detector_code,
       'warning'::text      as severity,
       'label'::text        as object_type,
       l.label_code         as object_ref,
       null::text           as axis_code,
       null::text           as value_code,
       format('label %s is in use but not in the vocabulary', l.label_code) as detail
from v_reconcile_label_orphan l
union all
select 'topic_without_label', 'info', 'axis_value', t.value_code, 'topic', t.value_code,
       format('no label expresses topic %s', t.value_code)
from v_reconcile_topic_without_label t
union all
select 'projection_lag',
       case c.flag when 'divergent' then 'warning' else 'info' end,
       'collection', c.coll, 'topic', c.topic_value,
       case c.flag
           when 'divergent' then format('labels %s of the rules contradict topic %s', array_to_string(c.rule_labels, ', '), c.topic_value)
           else format('no active label rule projects topic %s', c.topic_value)
       end
from v_reconcile_collection_topic_vs_label c
where c.flag in ('divergent', 'no_label_rule')
union all
select 'low_confidence_assignment', 'warning', q.object_type, q.object_ref, q.axis_code, q.value_code,
       format('confidence %s is below %s', coalesce(q.confidence::text, 'unknown'), q.confidence_threshold)
from v_axis_assignment_quality q
where q.quality_flag = 'low_confidence'
union all
select 'stale_candidate', 'info', q.object_type, q.object_ref, q.axis_code, q.value_code,
       format('assigned more than %s days ago', q.staleness_days)
from v_axis_assignment_quality q
where q.quality_flag = 'stale'
union all
select 'stale_candidate', 'info', 'axis_value', v.value_code, v.axis_code, v.value_code,
       'value has been a candidate for more than 30 days'
from v_drift_stale_candidate_value v
union all
select 'conflicting_parentage', 'critical', p.object_type, p.object_ref, p.axis_code, null,
       format('topics lead to %s roots: %s', p.root_count, array_to_string(p.roots, ', '))
from v_axis_topic_parentage_conflict p
union all
select 'unregistered_axis', 'warning', u.object_type, u.object_ref, u.axis_code, u.value_code,
       format('axis %s is not active', u.axis_code)
from v_drift_unregistered_axis u
union all
select 'axis_assignment_missing',
       case when m.reason = 'missing' and a.axis_kind = 'uncertain' then 'info' else 'warning' end,
       m.object_type, m.object_ref, m.axis_code, m.value_code,
       case m.reason
           when 'missing' then format('no assignment on axis %s', m.axis_code)
           when 'moved'   then format('no longer in %s', m.value_code)
           else 'no longer in the inventory'
       end
from v_axis_missing_assignment m
join axis_registry a on a.axis_code = m.axis_code
union all
select 'ui_visible_unapproved', 'warning', u.object_type, u.object_ref, u.axis_code, u.value_code,
       'shown on pages, not approved, nobody accountable'
from v_drift_ui_visible_unapproved u
union all
select 'coverage_rule_missing', 'info', 'axis', r.axis_code, r.axis_code, null,
       format('axis %s has no active coverage rule', r.axis_code)
from v_drift_coverage_rule_missing r
union all
select 'projection_lag_timing',
       case when t.lag_flag = 'never_projected' or t.lag_days > 30 then 'warning' else 'info' end,
       'collection', t.coll, 'topic', t.topic_value,
       case t.lag_flag
           when 'never_projected' then 'the label rules never wrote a label'
           else format('newest label is %s days older than the topic', t.lag_days)
       end
from v_projection_lag_timing t
where t.lag_flag <> 'fresh';

comment on view v_drift_finding is 'What the eleven detectors see right now. The stored findings are in governance_drift_state.';
comment on column v_drift_finding.detector_code is 'the detector';
comment on column v_drift_finding.severity      is 'critical, warning or info';
comment on column v_drift_finding.object_type   is 'type of the object, as in the inventory';
comment on column v_drift_finding.object_ref    is 'the object, as in the inventory';
comment on column v_drift_finding.axis_code     is 'the axis';
comment on column v_drift_finding.value_code    is 'the value of the axis';
comment on column v_drift_finding.detail        is 'what is wrong, in words';

create view v_drift_summary as
select f.detector_code,
       f.severity,
       count(*) as findings
from v_drift_finding f
group by f.detector_code, f.severity;

comment on view v_drift_summary is 'What the detectors see right now, counted by detector and severity.';
comment on column v_drift_summary.detector_code is 'the detector';
comment on column v_drift_summary.severity      is 'critical, warning or info';
comment on column v_drift_summary.findings      is 'number of findings';

create view v_axis_issue_payload as
with issue as (
    select 'missing_owner'::text           as issue_kind,
           g.object_type,
           g.object_ref,
           g.axis_code,
           g.value_code,
           'coverage.scan_completed'::text as event_type
    from v_axis_coverage_gap g
    union all
    select 'missing_assignment', m.object_type, m.object_ref, m.axis_code, m.value_code, 'coverage.scan_completed'
    from v_axis_missing_assignment m
    union all
    select case q.quality_flag when 'stale' then 'stale_topic' else q.quality_flag end,
           q.object_type, q.object_ref, q.axis_code, q.value_code,
           case q.quality_flag when 'stale' then 'candidate.scan_completed' else 'input.untrusted_source' end
    from v_axis_assignment_quality q
    where q.quality_flag in ('low_confidence', 'quarantine', 'stale')
)
select i.issue_kind,
       i.object_type,
       i.object_ref,
       i.axis_code,
       i.value_code,
       'governance'::text    as event_domain,
       i.event_type,
       t.event_stream::text  as event_stream,
       t.delivery_lane::text as delivery_lane,
       jsonb_build_object(
           'issue',  i.issue_kind,
           'object', i.object_type || ':' || i.object_ref,
           'axis',   i.axis_code,
           'value',  i.value_code) as safe_payload
from issue i
left join event_type_registry t
  on t.event_domain = 'governance'
 and t.event_type = i.event_type;

comment on view v_axis_issue_payload is 'Gaps and weak assignments of the axes, shaped as the events they would be.';
comment on column v_axis_issue_payload.issue_kind    is 'missing_owner, missing_assignment, low_confidence, quarantine or stale_topic';
comment on column v_axis_issue_payload.object_type   is 'type of the object, as in the inventory';
comment on column v_axis_issue_payload.object_ref    is 'the object, as in the inventory';
comment on column v_axis_issue_payload.axis_code     is 'the axis';
comment on column v_axis_issue_payload.value_code    is 'the value of the axis';
comment on column v_axis_issue_payload.event_domain  is 'always governance';
comment on column v_axis_issue_payload.event_type    is 'the event it would be';
comment on column v_axis_issue_payload.event_stream  is 'stream of the type in event_type_registry';
comment on column v_axis_issue_payload.delivery_lane is 'lane of the type in event_type_registry';
comment on column v_axis_issue_payload.safe_payload  is 'what the event would carry; no data of the application';

create view v_drift_issue_payload as
select s.state_id,
       s.detector_code,
       s.object_type,
       s.object_ref,
       s.axis_code,
       s.value_code,
       m.event_domain,
       m.event_type,
       t.event_stream::text                  as event_stream,
       t.delivery_lane::text                 as delivery_lane,
       s.severity                            as event_severity,
       'governance_drift_state'::text        as event_subject_table,
       s.state_id::text                      as event_subject_ref,
       s.object_type || ':' || s.object_ref  as canonical_address,
       'gov:drift-scanner'::text             as actor_ref,
       'one-roof'::text                      as source_system,
       jsonb_build_object(
           'detector', s.detector_code,
           'object',   s.object_type || ':' || s.object_ref,
           'axis',     s.axis_code,
           'value',    s.value_code,
           'detail',   s.detail)             as safe_payload,
       coalesce(t.active, false)             as type_active,
       not coalesce(t.active, false)         as emit_blocked,
       case
           when coalesce(t.active, false) then null
           else 'event_type_inactive (governance disabled)'
       end                                   as blocked_reason
from governance_drift_state s
join v_drift_event_map m
  on m.detector_code = s.detector_code
left join event_type_registry t
  on t.event_domain = m.event_domain
 and t.event_type = m.event_type
where s.status = 'open';

comment on view v_drift_issue_payload is
    'The stored open findings, shaped as the events they would be, each with the reason why it may not be emitted.';
comment on column v_drift_issue_payload.state_id            is 'the stored finding';
comment on column v_drift_issue_payload.detector_code       is 'the detector';
comment on column v_drift_issue_payload.object_type         is 'type of the object, as in the inventory';
comment on column v_drift_issue_payload.object_ref          is 'the object, as in the inventory';
comment on column v_drift_issue_payload.axis_code           is 'the axis';
comment on column v_drift_issue_payload.value_code          is 'the value of the axis';
comment on column v_drift_issue_payload.event_domain        is 'always governance';
comment on column v_drift_issue_payload.event_type          is 'the event it would be';
comment on column v_drift_issue_payload.event_stream        is 'stream of the type in event_type_registry';
comment on column v_drift_issue_payload.delivery_lane       is 'lane of the type in event_type_registry';
comment on column v_drift_issue_payload.event_severity      is 'severity of the finding';
comment on column v_drift_issue_payload.event_subject_table is 'table of the subject';
comment on column v_drift_issue_payload.event_subject_ref   is 'key of the subject';
comment on column v_drift_issue_payload.canonical_address   is 'object_type:object_ref';
comment on column v_drift_issue_payload.actor_ref           is 'who reports it';
comment on column v_drift_issue_payload.source_system       is 'where it comes from';
comment on column v_drift_issue_payload.safe_payload        is 'what the event would carry; no data of the application';
comment on column v_drift_issue_payload.type_active         is 'whether the event type is switched on';
comment on column v_drift_issue_payload.emit_blocked        is 'whether it may not be emitted';
comment on column v_drift_issue_payload.blocked_reason      is 'why not';

-- ---------------------------------------------------------------------------------------------
-- Views 24..30: what pages read. Order, names and types are a contract.
-- ---------------------------------------------------------------------------------------------

create view v_ui_object_topic as
select s.object_type,
       s.object_ref,
       s.value_code as topic,
       s.zone,
       s.confidence,
       s.assigned_kind,
       e.owner_gov_code,
       e.owner_kind,
       case when e.owner_gov_code is null then 'candidate' else 'official' end as lane
from axis_assignment s
left join v_axis_effective_owner e
  on e.axis_code = s.axis_code
 and e.object_type = s.object_type
 and e.object_ref = s.object_ref
 and e.value_code = s.value_code
 and e.owner_kind = 'accountable'
where s.axis_code = 'topic'
  and s.status = 'active';

comment on view v_ui_object_topic is 'The topics of each object with owner and lane: official if owned, else candidate.';
comment on column v_ui_object_topic.object_type    is 'type of the object, as in the inventory';
comment on column v_ui_object_topic.object_ref     is 'the object, as in the inventory';
comment on column v_ui_object_topic.topic          is 'the topic';
comment on column v_ui_object_topic.zone           is 'approved, candidate or quarantine';
comment on column v_ui_object_topic.confidence     is 'how sure the assigner is, 0 to 1';
comment on column v_ui_object_topic.assigned_kind  is 'dot, agent, human or rule';
comment on column v_ui_object_topic.owner_gov_code is 'the agency';
comment on column v_ui_object_topic.owner_kind     is 'accountable, supporting, delegated or exception';
comment on column v_ui_object_topic.lane           is 'official if owned, else candidate';

create view v_ui_lane as
select l.lane,
       count(distinct (t.object_type, t.object_ref)) filter (where t.object_ref is not null) as objects
from (values ('official'::text), ('candidate'::text)) as l (lane)
left join v_ui_object_topic t
  on t.lane = l.lane
group by l.lane;

comment on view v_ui_lane is 'Objects in the official and in the candidate lane; both lanes are always there.';
comment on column v_ui_lane.lane    is 'official if owned, else candidate';
comment on column v_ui_lane.objects is 'objects in the lane';

create view v_ui_topic_tree as
with recursive tree as (
    select v.value_code,
           v.value_name,
           v.parent_value_code,
           v.status,
           v.provenance ->> 'kind' as provenance_kind,
           v.level,
           v.value_code            as path
    from axis_value v
    where v.axis_code = 'topic'
      and v.parent_value_code is null
    union all
    select v.value_code,
           v.value_name,
           v.parent_value_code,
           v.status,
           v.provenance ->> 'kind',
           v.level,
           t.path || '/' || v.value_code
    from tree t
    join axis_value v
      on v.axis_code = 'topic'
     and v.parent_value_code = t.value_code
     and v.level > t.level
)
select t.value_code        as topic,
       t.value_name,
       t.parent_value_code as parent,
       t.status,
       t.provenance_kind,
       t.level::integer    as depth,
       t.path
from tree t;

comment on view v_ui_topic_tree is 'All topics with their place in the tree.';
comment on column v_ui_topic_tree.topic           is 'the topic';
comment on column v_ui_topic_tree.value_name      is 'name for people';
comment on column v_ui_topic_tree.parent          is 'parent topic; null for a root';
comment on column v_ui_topic_tree.status          is 'candidate, active, deprecated or retired';
comment on column v_ui_topic_tree.provenance_kind is 'kind of its provenance';
comment on column v_ui_topic_tree.depth           is '0 for a root';
comment on column v_ui_topic_tree.path            is 'place in the tree, from the root';

create view v_ui_review_queue as
select 'unowned_assignment'::text as item_kind,
       'warning'::text            as severity,
       t.object_type,
       t.object_ref,
       'topic'::text              as axis_code,
       t.topic                    as value_code,
       format('topic %s has no accountable owner', t.topic) as reason
from v_ui_object_topic t
where t.lane = 'candidate'
union all
select 'candidate_value', 'info', 'axis_value', v.value_code, v.axis_code, v.value_code,
       'value waits for promotion'
from axis_value v
where v.status = 'candidate'
union all
select 'drift', s.severity, s.object_type, s.object_ref, s.axis_code, s.value_code,
       s.detector_code || ': ' || coalesce(s.detail, '')
from governance_drift_state s
where s.status = 'open'
  and s.severity in ('critical', 'warning');

comment on view v_ui_review_queue is
    'What waits for a person: unowned assignments, candidate values, stored findings that are critical or a warning.';
comment on column v_ui_review_queue.item_kind   is 'unowned_assignment, candidate_value or drift';
comment on column v_ui_review_queue.severity    is 'critical, warning or info';
comment on column v_ui_review_queue.object_type is 'type of the object, as in the inventory';
comment on column v_ui_review_queue.object_ref  is 'the object, as in the inventory';
comment on column v_ui_review_queue.axis_code   is 'the axis';
comment on column v_ui_review_queue.value_code  is 'the value of the axis';
comment on column v_ui_review_queue.reason      is 'why it waits';

create view v_ui_detector_findings as
select case s.severity when 'critical' then 1 when 'warning' then 2 else 3 end as severity_rank,
       s.detector_code,
       s.severity,
       s.object_type,
       s.object_ref,
       s.axis_code,
       s.value_code,
       s.detail,
       s.first_seen_at,
       s.last_seen_at,
       s.scan_count
from governance_drift_state s
where s.status = 'open';

comment on view v_ui_detector_findings is 'The stored open findings, with a rank to sort them by.';
comment on column v_ui_detector_findings.severity_rank is '1 critical, 2 warning, 3 info';
comment on column v_ui_detector_findings.detector_code is 'the detector';
comment on column v_ui_detector_findings.severity      is 'critical, warning or info';
comment on column v_ui_detector_findings.object_type   is 'type of the object, as in the inventory';
comment on column v_ui_detector_findings.object_ref    is 'the object, as in the inventory';
comment on column v_ui_detector_findings.axis_code     is 'the axis';
comment on column v_ui_detector_findings.value_code    is 'the value of the axis';
comment on column v_ui_detector_findings.detail        is 'what is wrong, in words';
comment on column v_ui_detector_findings.first_seen_at is 'first seen at';
comment on column v_ui_detector_findings.last_seen_at  is 'last seen at';
comment on column v_ui_detector_findings.scan_count    is 'scans that saw it';

create view v_ui_axis_browser as
select a.axis_code,
       a.axis_name,
       a.axis_family,
       a.axis_kind,
       a.status,
       c.active_values,
       c.active_rules,
       coalesce(s.required_cells, 0) as required_cells,
       coalesce(s.gap_cells, 0)      as gap_cells,
       coalesce(s.quarantine, 0)     as quarantine
from axis_registry a
join v_axis_registry_coverage c
  on c.axis_code = a.axis_code
left join v_axis_coverage_summary s
  on s.axis_code = a.axis_code;

comment on view v_ui_axis_browser is 'Each axis with its values, rules, cells and gaps.';
comment on column v_ui_axis_browser.axis_code      is 'the axis';
comment on column v_ui_axis_browser.axis_name      is 'name for people';
comment on column v_ui_axis_browser.axis_family    is 'structural, label, semantic, pivot or system';
comment on column v_ui_axis_browser.axis_kind      is 'deterministic, uncertain or system';
comment on column v_ui_axis_browser.status         is 'candidate, active, deprecated or retired';
comment on column v_ui_axis_browser.active_values  is 'values in use';
comment on column v_ui_axis_browser.active_rules   is 'coverage rules in force';
comment on column v_ui_axis_browser.required_cells is 'cells that a rule wants an owner for';
comment on column v_ui_axis_browser.gap_cells      is 'required cells without such an owner';
comment on column v_ui_axis_browser.quarantine     is 'assignments held in quarantine';

create view v_ui_coverage_dashboard as
select (select count(*) from v_object_owner_gap)                               as ownership_gap,
       (select count(*) from v_ui_object_topic t where t.lane = 'candidate')   as topic_gap,
       (select count(*) from axis_registry a where a.status = 'active')        as active_axes,
       (select count(*) from governance_drift_state s where s.status = 'open') as open_drift,
       (select count(*) from governance_drift_state s
         where s.status = 'open' and s.severity = 'critical')                  as critical_drift,
       (select count(*) from v_ui_review_queue)                                as review_queue_size,
       (select to_jsonb(r) from v_reconcile_summary r)                         as reconcile;

comment on view v_ui_coverage_dashboard is 'The state of governance in one row.';
comment on column v_ui_coverage_dashboard.ownership_gap     is 'cells of born objects without an accountable owner';
comment on column v_ui_coverage_dashboard.topic_gap         is 'topic assignments that nobody owns';
comment on column v_ui_coverage_dashboard.active_axes       is 'axes in use';
comment on column v_ui_coverage_dashboard.open_drift        is 'stored open findings';
comment on column v_ui_coverage_dashboard.critical_drift    is 'stored open findings that are critical';
comment on column v_ui_coverage_dashboard.review_queue_size is 'rows of v_ui_review_queue';
comment on column v_ui_coverage_dashboard.reconcile         is 'the row of v_reconcile_summary';

-- ---------------------------------------------------------------------------------------------
-- The scanner
-- ---------------------------------------------------------------------------------------------

create function fn_governance_scan(actor text, mode text) returns bigint
language plpgsql
security definer
set search_path from current
-- One scan at a time; what it sorts and joins is a row for each finding, and stays in memory up to many thousands.
set work_mem = '64MB'
-- Findings come and go by thousands between two analyzes, and a plan that expects one row loops over all pairs:
-- 50,000 findings then took hours. A hash join is never wrong by more than its table.
set enable_nestloop = off
-- What has no other plan than a loop then looks expensive, and compiling it would take longer than the scan.
set jit = off
as $scan$
declare
    this_scan  bigint;
    seen       bigint;
    opened     bigint;
    resolved   bigint;
begin
    -- Two scans at once would both open the same finding; the second is told to come back.
    if not pg_try_advisory_xact_lock(hashtextextended('oneroof.scan', 0)) then
        raise exception 'SCAN BUSY'
            using errcode = '55P03',
                  hint = 'another scan is running; try again when it has ended';
    end if;

    insert into governance_scan_run (actor, mode)
    values (fn_governance_scan.actor, fn_governance_scan.mode)
    returning scan_id into this_scan;

    -- One statement, so that the detectors are read once.
    with live as materialized (
        select distinct on (f.detector_code, coalesce(f.axis_code, '∅'), f.object_type, f.object_ref, coalesce(f.value_code, '∅'))
               f.*
        from v_drift_finding f
        order by f.detector_code, coalesce(f.axis_code, '∅'), f.object_type, f.object_ref, coalesce(f.value_code, '∅'),
                 case f.severity when 'critical' then 1 when 'warning' then 2 else 3 end,
                 f.detail
    ), matched as materialized (
        select l.detector_code,
               l.severity,
               l.object_type,
               l.object_ref,
               l.axis_code,
               l.value_code,
               l.detail,
               s.state_id
        from live l
        left join governance_drift_state s
          on s.detector_code = l.detector_code
         and coalesce(s.axis_code, '∅') = coalesce(l.axis_code, '∅')
         and s.object_type = l.object_type
         and s.object_ref = l.object_ref
         and coalesce(s.value_code, '∅') = coalesce(l.value_code, '∅')
    ), seen_again as (
        update governance_drift_state s
        set severity         = m.severity,
            detail           = m.detail,
            status           = 'open',
            scan_count       = s.scan_count + 1,
            reopened_count   = s.reopened_count + case s.status when 'resolved' then 1 else 0 end,
            opened_scan_id   = case s.status when 'resolved' then this_scan else s.opened_scan_id end,
            last_scan_id     = this_scan,
            last_seen_at     = now(),
            resolved_scan_id = null,
            resolved_at      = null
        from matched m
        where s.state_id = m.state_id
    ), first_seen as (
        insert into governance_drift_state (
            detector_code, severity, object_type, object_ref, axis_code, value_code, detail,
            opened_scan_id, last_scan_id)
        select m.detector_code, m.severity, m.object_type, m.object_ref, m.axis_code, m.value_code, m.detail,
               this_scan, this_scan
        from matched m
        where m.state_id is null
        order by m.detector_code, m.axis_code, m.object_type, m.object_ref, m.value_code
        returning state_id
    )
    select (select count(*) from matched),
           (select count(*) from first_seen)
    into seen, opened;

    -- What was seen carries this scan now. Asked of the rows themselves: a join with what was seen may be planned
    -- as a nested loop while the table is new and has no statistics.
    update governance_drift_state s
    set status           = 'resolved',
        resolved_scan_id = this_scan,
        resolved_at      = now()
    where s.status = 'open'
      and s.last_scan_id <> this_scan;
    get diagnostics resolved = row_count;

    -- Opened and reopened findings carry this scan in opened_scan_id. This is a record, not an emission.
    insert into governance_event_log (
        state_id, scan_id, event_domain, event_type, event_stream, delivery_lane, event_severity,
        event_subject_table, event_subject_ref, canonical_address, actor_ref, source_system, safe_payload,
        emittable, emitted, blocked_reason)
    select p.state_id, this_scan, p.event_domain, p.event_type, p.event_stream, p.delivery_lane, p.event_severity,
           p.event_subject_table, p.event_subject_ref, p.canonical_address, p.actor_ref, p.source_system, p.safe_payload,
           not p.emit_blocked, false, p.blocked_reason
    from v_drift_issue_payload p
    join governance_drift_state s
      on s.state_id = p.state_id
    where s.opened_scan_id = this_scan
    order by p.state_id;

    update governance_scan_run r
    set finished_at    = now(),
        finding_count  = seen,
        new_count      = opened,
        resolved_count = resolved,
        open_count     = o.open_count,
        critical_count = o.critical_count,
        summary        = o.summary
    from (
        select coalesce(sum(d.findings), 0)                         as open_count,
               coalesce(sum(d.critical), 0)                         as critical_count,
               coalesce(jsonb_object_agg(d.detector_code, d.findings), '{}') as summary
        from (
            select s.detector_code,
                   count(*)                                        as findings,
                   count(*) filter (where s.severity = 'critical') as critical
            from governance_drift_state s
            where s.status = 'open'
            group by s.detector_code
        ) d
    ) o
    where r.scan_id = this_scan;

    return this_scan;
end
$scan$;

comment on function fn_governance_scan(text, text) is
    'Stores what the detectors see: opens, resolves, reopens. Writes three tables of this release and nothing else.';

-- ---------------------------------------------------------------------------------------------
-- Rights
-- ---------------------------------------------------------------------------------------------

grant select on
    axis_registry, axis_value, axis_assignment, coverage_rule, axis_object_ownership, axis_candidate_finding,
    topic_taxonomy_map, governance_scan_run, governance_drift_state, governance_event_log,
    topic_label_reconcile_decision,
    v_axis_required_cell, v_axis_effective_owner, v_axis_coverage_gap, v_axis_assignment_quality,
    v_axis_registry_coverage, v_axis_missing_assignment, v_axis_coverage_summary, v_axis_issue_payload,
    v_axis_topic_parentage_conflict,
    v_reconcile_label_orphan, v_reconcile_topic_without_label, v_reconcile_label_without_topic,
    v_reconcile_collection_topic_vs_label, v_reconcile_topic_projection_gap, v_reconcile_summary,
    v_drift_finding, v_drift_summary, v_drift_unregistered_axis, v_drift_ui_visible_unapproved,
    v_drift_coverage_rule_missing, v_drift_stale_candidate_value, v_drift_event_map, v_drift_issue_payload,
    v_ui_coverage_dashboard, v_ui_axis_browser, v_ui_lane, v_ui_topic_tree, v_ui_review_queue,
    v_ui_detector_findings, v_ui_object_topic,
    v_projection_lag_timing
to one_roof_reader, one_roof_operator;

revoke execute on function fn_governance_scan(text, text) from public;
grant execute on function fn_governance_scan(text, text) to one_roof_operator;

-- For pruning old scans. Foreign keys hold each one that a finding or an event names.
grant delete on governance_scan_run to one_roof_operator;

-- ---------------------------------------------------------------------------------------------
-- What must hold before this commits
-- ---------------------------------------------------------------------------------------------

do $assert$
declare
    tables    bigint;
    views     bigint;
    functions bigint;
    filled    text;
    gap       bigint;
    expected  bigint;
begin
    select count(*) into tables
    from unnest(array[
        'axis_registry', 'axis_value', 'axis_assignment', 'coverage_rule', 'axis_object_ownership',
        'axis_candidate_finding', 'topic_taxonomy_map', 'governance_scan_run', 'governance_drift_state',
        'governance_event_log', 'topic_label_reconcile_decision']) as n (name)
    join pg_class c
      on c.oid = to_regclass(n.name)
     and c.relkind = 'r';

    select count(*) into views
    from unnest(array[
        'v_axis_required_cell', 'v_axis_effective_owner', 'v_axis_coverage_gap', 'v_axis_assignment_quality',
        'v_axis_registry_coverage', 'v_axis_missing_assignment', 'v_axis_coverage_summary', 'v_axis_issue_payload',
        'v_axis_topic_parentage_conflict',
        'v_reconcile_label_orphan', 'v_reconcile_topic_without_label', 'v_reconcile_label_without_topic',
        'v_reconcile_collection_topic_vs_label', 'v_reconcile_topic_projection_gap', 'v_reconcile_summary',
        'v_drift_finding', 'v_drift_summary', 'v_drift_unregistered_axis', 'v_drift_ui_visible_unapproved',
        'v_drift_coverage_rule_missing', 'v_drift_stale_candidate_value', 'v_drift_event_map', 'v_drift_issue_payload',
        'v_ui_coverage_dashboard', 'v_ui_axis_browser', 'v_ui_lane', 'v_ui_topic_tree', 'v_ui_review_queue',
        'v_ui_detector_findings', 'v_ui_object_topic', 'v_projection_lag_timing']) as n (name)
    join pg_class c
      on c.oid = to_regclass(n.name)
     and c.relkind = 'v';

    select count(*) into functions
    from pg_proc p
    where p.oid = to_regprocedure('fn_governance_scan(text, text)')
      and p.prosecdef;

    if (tables, views, functions) is distinct from (11::bigint, 31::bigint, 1::bigint) then
        raise exception 'T1 ABORT: % tables + % views + % function, expected 11 + 31 + 1', tables, views, functions;
    end if;

    select string_agg(t.name, ', ') into filled
    from (
        select 'axis_registry' as name where exists (select from axis_registry)
        union all select 'axis_value' where exists (select from axis_value)
        union all select 'axis_assignment' where exists (select from axis_assignment)
        union all select 'coverage_rule' where exists (select from coverage_rule)
        union all select 'axis_object_ownership' where exists (select from axis_object_ownership)
        union all select 'axis_candidate_finding' where exists (select from axis_candidate_finding)
        union all select 'topic_taxonomy_map' where exists (select from topic_taxonomy_map)
        union all select 'governance_scan_run' where exists (select from governance_scan_run)
        union all select 'governance_drift_state' where exists (select from governance_drift_state)
        union all select 'governance_event_log' where exists (select from governance_event_log)
        union all select 'topic_label_reconcile_decision' where exists (select from topic_label_reconcile_decision)
    ) t;
    if filled is not null then
        raise exception 'T1 ABORT: not empty: %', filled;
    end if;

    -- The structure must not grow the inventory that it counts.
    select count(*) into gap from v_object_owner_gap;
    select (select count(*) from v_governance_object_inventory i where i.born and i.requires_owner)
         * (select count(*) from governance_responsibility_scope s where s.status = 'active')
    into expected;
    if not exists (select from governance_object_ownership) and gap <> expected then
        raise exception 'T1 ABORT: gap=% but inventory*scopes=%', gap, expected;
    end if;
end
$assert$;
