create table if not exists "the table" (
    version bigint not null primary key,
    dirty   boolean not null
);
