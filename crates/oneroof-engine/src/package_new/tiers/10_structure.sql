-- Plain SQL: no psql commands, no begin or commit, nothing to substitute.
create table public.release_note (
    note_id    bigint generated always as identity primary key,
    body       text not null,
    created_at timestamptz not null default now()
);

comment on table public.release_note is 'What was changed, in the words of the people who changed it.';
