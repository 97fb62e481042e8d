create table if not exists "the table" (
    id         serial not null primary key,
    version_id bigint not null,
    is_applied boolean not null,
    tstamp     timestamp default now()
);
insert into "the table" (version_id, is_applied) values (0, true);
