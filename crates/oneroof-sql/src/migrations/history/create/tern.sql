create table if not exists "the table" (version int4 not null);
insert into "the table" (version) values (0);
