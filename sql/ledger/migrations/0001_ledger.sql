-- 0001: the tables of our own records.
-- Runs as role oneroof_ledger, once; never edited after release. Triggers, functions and views are in code/.

create table oneroof.schema_version (
    version        integer     not null,
    name           text        not null,
    installed_at   timestamptz not null default now(),
    installed_by   text        not null default session_user,
    engine_version text,
    constraint schema_version_is_numbered primary key (version),
    constraint schema_version_is_positive check ((version > 0) is true)
);
comment on table  oneroof.schema_version                is 'Migrations of schema oneroof that were installed here, one row each.';
comment on column oneroof.schema_version.version        is 'Number of the migration file.';
comment on column oneroof.schema_version.name           is 'Name of the migration file without its number.';
comment on column oneroof.schema_version.installed_at   is 'When it was installed.';
comment on column oneroof.schema_version.installed_by   is 'Login that installed it.';
comment on column oneroof.schema_version.engine_version is 'Version of oneroof that brought it.';

create table oneroof.target (
    singleton  boolean     not null default true,
    class      text        not null,
    genesis    text        not null,
    adopted_at timestamptz not null default now(),
    adopted_by text        not null default session_user,
    constraint target_is_one_row primary key (singleton),
    constraint target_singleton_is_true check (singleton is true),
    constraint target_class_is_known check ((class in ('production', 'golden', 'clone', 'scratch')) is true),
    constraint target_genesis_is_a_hash check ((genesis ~ '^[0-9a-f]{64}$') is true)
);
comment on table  oneroof.target            is 'What this database is to oneroof. One row, made at the adopt.';
comment on column oneroof.target.singleton  is 'Always true: there is one row.';
comment on column oneroof.target.class      is 'production, golden, clone or scratch. A valid mark of a clone goes before it.';
comment on column oneroof.target.genesis    is 'SHA-256 of a random UUID: the identity of this ledger and prev_hash of its first entry. Never changes.';
comment on column oneroof.target.adopted_at is 'When the database was adopted.';
comment on column oneroof.target.adopted_by is 'Login that adopted it.';

create table oneroof.policy (
    version      integer     not null,
    body         jsonb       not null,
    digest       text        not null,
    installed_at timestamptz not null default now(),
    installed_by text        not null default session_user,
    constraint policy_is_numbered primary key (version),
    constraint policy_version_is_positive check ((version > 0) is true),
    constraint policy_body_is_an_object check ((jsonb_typeof(body) = 'object') is true),
    constraint policy_digest_is_of_its_body check ((digest = encode(sha256(convert_to(body::text, 'UTF8')), 'hex')) is true)
);
comment on table  oneroof.policy              is 'Who may open the gate of this target. Append-only; the highest version holds. A DBA installs it, the apply role cannot.';
comment on column oneroof.policy.version      is '1, 2, 3 and so on.';
comment on column oneroof.policy.body         is 'The policy: class, quorum by level, approvers and runner keys, expiry, required steps, extra conditions.';
comment on column oneroof.policy.digest       is 'SHA-256 of body::text in UTF-8; every approval names it.';
comment on column oneroof.policy.installed_at is 'When it was installed.';
comment on column oneroof.policy.installed_by is 'Login that installed it.';

create table oneroof.entry (
    seq            bigint      not null,
    at             timestamptz not null,
    kind           text        not null,
    run_id         text,
    package_digest text,
    params_digest  text,
    tier           text,
    statement      text,
    body           jsonb       not null,
    operator       text        not null,
    engine_version text,
    prev_hash      text        not null,
    hash           text        not null,
    constraint entry_is_numbered primary key (seq),
    constraint ledger_is_linear unique (prev_hash),
    constraint entry_hash_is_unique unique (hash),
    constraint entry_seq_is_positive check ((seq > 0) is true),
    constraint entry_kind_is_known check ((kind in (
        'adopted', 'run_started', 'tier_started', 'statement_done', 'tier_applied', 'run_finished', 'run_failed',
        'tier_rolled_back', 'release_rolled_back', 'sealed', 'approval_used', 'note')) is true),
    constraint entry_body_is_an_object check ((jsonb_typeof(body) = 'object') is true),
    constraint entry_prev_hash_is_a_hash check ((prev_hash ~ '^[0-9a-f]{64}$') is true),
    constraint entry_hash_is_a_hash check ((hash ~ '^[0-9a-f]{64}$') is true)
);
comment on table  oneroof.entry                is 'The ledger: append-only and hash-chained, written only through oneroof.append(kind, body).';
comment on column oneroof.entry.seq            is '1, 2, 3 without a gap: a missing number is a missing entry.';
comment on column oneroof.entry.at             is 'Clock when the entry was written, after the lock of the chain was taken.';
comment on column oneroof.entry.kind           is 'What happened; the check constraint lists the words.';
comment on column oneroof.entry.run_id         is 'Run that it belongs to, from body.run_id.';
comment on column oneroof.entry.package_digest is 'SHA-256 of the release package''s manifest, from body.package_digest.';
comment on column oneroof.entry.params_digest  is 'SHA-256 of the resolved parameters, from body.params_digest.';
comment on column oneroof.entry.tier           is 'Tier of the release, from body.tier.';
comment on column oneroof.entry.statement      is 'Statement of a tier that runs outside a transaction, from body.statement.';
comment on column oneroof.entry.body           is 'Everything else: objects, rows with their keys, effects, approvals (see the views).';
comment on column oneroof.entry.operator       is 'Login that wrote it (session_user).';
comment on column oneroof.entry.engine_version is 'Version of oneroof, from body.engine_version.';
comment on column oneroof.entry.prev_hash      is 'Hash of the entry before; of the first entry, the target''s genesis.';
comment on column oneroof.entry.hash           is 'SHA-256 of oneroof.canonical_entry(entry).';

create index entry_by_package on oneroof.entry (package_digest, tier, seq);
create index entry_by_run     on oneroof.entry (run_id, seq);
