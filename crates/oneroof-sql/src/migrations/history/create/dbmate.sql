create table if not exists "the table" (version varchar(128) primary key);
