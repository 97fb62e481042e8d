-- The registry of Sqitch, release 1.1.
create schema if not exists "the schema";
create table if not exists "the schema".releases (
    version         real primary key,
    installed_at    timestamptz not null default clock_timestamp(),
    installer_name  text not null,
    installer_email text not null
);
create table if not exists "the schema".projects (
    project       text primary key,
    uri           text unique,
    created_at    timestamptz not null default clock_timestamp(),
    creator_name  text not null,
    creator_email text not null
);
create table if not exists "the schema".changes (
    change_id       text primary key,
    script_hash     text,
    change          text not null,
    project         text not null references "the schema".projects (project) on update cascade,
    note            text not null default '',
    committed_at    timestamptz not null default clock_timestamp(),
    committer_name  text not null,
    committer_email text not null,
    planned_at      timestamptz not null,
    planner_name    text not null,
    planner_email   text not null,
    unique (project, script_hash)
);
create table if not exists "the schema".tags (
    tag_id          text primary key,
    tag             text not null,
    project         text not null references "the schema".projects (project) on update cascade,
    change_id       text not null references "the schema".changes (change_id) on update cascade,
    note            text not null default '',
    committed_at    timestamptz not null default clock_timestamp(),
    committer_name  text not null,
    committer_email text not null,
    planned_at      timestamptz not null,
    planner_name    text not null,
    planner_email   text not null,
    unique (project, tag)
);
create table if not exists "the schema".dependencies (
    change_id     text not null references "the schema".changes (change_id) on update cascade on delete cascade,
    type          text not null,
    dependency    text not null,
    dependency_id text references "the schema".changes (change_id) on update cascade
        constraint dependencies_check check (
            (type = 'require' and dependency_id is not null)
            or (type = 'conflict' and dependency_id is null)
        ),
    primary key (change_id, dependency)
);
create table if not exists "the schema".events (
    event           text not null
        constraint events_event_check check (event in ('deploy', 'revert', 'fail', 'merge')),
    change_id       text not null,
    change          text not null,
    project         text not null references "the schema".projects (project) on update cascade,
    note            text not null default '',
    requires        text[] not null default '{}',
    conflicts       text[] not null default '{}',
    tags            text[] not null default '{}',
    committed_at    timestamptz not null default clock_timestamp(),
    committer_name  text not null,
    committer_email text not null,
    planned_at      timestamptz not null,
    planner_name    text not null,
    planner_email   text not null,
    primary key (change_id, committed_at)
);
insert into "the schema".releases (version, installer_name, installer_email)
values (1.1, "the committer", "the committer email");
insert into "the schema".projects (project, uri, creator_name, creator_email)
values ("the project", "the uri", "the committer", "the committer email");
