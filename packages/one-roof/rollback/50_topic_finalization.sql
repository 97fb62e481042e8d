-- R5: back to the state after T4: no decisions, no map, no topic assignments, values, axis.

do $precondition$
declare
    scans bigint;
begin
    -- The first scan of the release is T6. Findings of a topic that is gone would stay behind.
    select count(*) into scans
    from governance_scan_run r
    where r.mode = 'baseline';
    if scans <> 0 then
        raise exception 'ROLLBACK REFUSED: T6 is not rolled back: % baseline scan(s)', scans;
    end if;
end
$precondition$;

delete from topic_label_reconcile_decision
where tag = current_setting('oneroof.release_tag');

delete from topic_taxonomy_map
where created_by = current_setting('oneroof.release_tag');

delete from axis_assignment
where axis_code = 'topic'
  and created_by = current_setting('oneroof.release_tag');

delete from axis_value
where axis_code = 'topic'
  and created_by = current_setting('oneroof.release_tag');

delete from axis_registry
where axis_code = 'topic'
  and created_by = current_setting('oneroof.release_tag');
