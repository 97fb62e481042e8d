create table if not exists "the table" (
    version    int4 primary key,
    name       varchar(255),
    applied_on varchar(255),
    checksum   varchar(255)
);
