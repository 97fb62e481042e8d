-- Undoes tiers/10_structure.sql, and nothing else. Never with CASCADE.
drop table public.release_note;
