create schema if not exists "the schema";
create table if not exists "the table" (
    hash          text primary key,
    previous_hash text references "the table",
    filename      text not null,
    date          timestamptz not null default now()
);
create table if not exists "the schema".current (
    filename text primary key default 'current.sql',
    content  text not null,
    date     timestamptz not null default now()
);
