create schema if not exists "the schema";
create table if not exists "the table" (
    version          varchar not null primary key,
    description      varchar not null,
    type             bigint not null default 2,
    applied          bigint not null default 0,
    total            bigint not null default 0,
    executed_at      timestamptz not null,
    execution_time   bigint not null,
    error            text,
    error_stmt       text,
    hash             varchar not null,
    partial_hashes   jsonb,
    operator_version varchar not null
);
