-- Where this server keeps its databases, and when that folder was touched, by its operating system's word: by that the
-- folder is known again.
select folder.path, extract(epoch from stat.modification)::bigint as modified_at, extract(epoch from stat.change)::bigint as changed_at
  from (select pg_catalog.current_setting('data_directory')) as folder (path)
 cross join lateral pg_catalog.pg_stat_file(folder.path) as stat
