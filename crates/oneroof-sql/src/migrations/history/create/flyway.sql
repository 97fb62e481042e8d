create table if not exists "the table" (
    installed_rank integer not null,
    version        varchar(50),
    description    varchar(200) not null,
    type           varchar(20) not null,
    script         varchar(1000) not null,
    checksum       integer,
    installed_by   varchar(100) not null,
    installed_on   timestamp not null default now(),
    execution_time integer not null,
    success        boolean not null,
    constraint "the name_pk" primary key (installed_rank)
);
create index if not exists "the name_s_idx" on "the table" (success);
