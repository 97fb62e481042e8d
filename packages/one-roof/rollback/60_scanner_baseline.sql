-- R6: back to the state after T5. The three scanner tables are derived, so they go in full,
-- and the next first scan is number 1 again.

do $scan_lock$
begin
    -- A scan that is running would write into tables that are being emptied.
    if not pg_try_advisory_xact_lock(hashtextextended('oneroof.scan', 0)) then
        raise exception 'ROLLBACK REFUSED: a scan is running'
            using errcode = '55P03',
                  hint = 'try again when it has ended';
    end if;
end
$scan_lock$;

truncate governance_event_log, governance_drift_state, governance_scan_run restart identity;
