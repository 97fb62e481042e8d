-- Repeatable ones have no version: they are known by their description. What was undone does not count.
select case when h.version is null then 'R:' || h.description else h.version end::text, null::text as id,
       h.checksum::text as checksum, h.success as finished, h.type = 'BASELINE' as baseline
  from "the table" as h
 where h.type not in ('SCHEMA', 'DELETE')
   and h.type !~ '^UNDO'
   and not exists (select from "the table" as later
                    where later.version = h.version and later.type ~ '^UNDO' and later.success
                      and later.installed_rank > h.installed_rank)
 order by h.installed_rank
