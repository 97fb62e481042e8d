delete from governance_scan_run as r
where r.scan_id = any($1::bigint[])
