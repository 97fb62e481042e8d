create table if not exists "the table" (
    version        bigint primary key,
    description    text not null,
    installed_on   timestamptz not null default now(),
    success        boolean not null,
    checksum       bytea not null,
    execution_time bigint not null
);
