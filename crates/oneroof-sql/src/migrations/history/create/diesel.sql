create table if not exists "the table" (
    version varchar(50) primary key not null,
    run_on  timestamp not null default current_timestamp
);
