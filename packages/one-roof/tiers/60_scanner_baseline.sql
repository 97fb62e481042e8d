-- T6 scanner baseline: the first scan. What it finds is the known state on day one.

-- An aborted try uses up numbers; restart is part of this transaction, so the first committed scan is 1.
alter table governance_scan_run  alter column scan_id  restart;
alter table governance_drift_state alter column state_id restart;
alter table governance_event_log alter column event_id restart;

do $scan$
begin
    perform fn_governance_scan('release', 'baseline');
end
$scan$;

do $assert$
declare
    critical  bigint;
    emittable bigint;
    events    bigint;
begin
    select count(*) into critical
    from governance_drift_state s
    where s.status = 'open'
      and s.severity = 'critical';
    if critical <> 0 then
        raise exception 'T6 ABORT: critical=%, expected 0', critical;
    end if;

    select count(*) into emittable
    from v_drift_issue_payload p
    where not p.emit_blocked;
    if emittable <> 0 then
        raise exception 'T6 ABORT: emittable=%, expected 0', emittable;
    end if;

    select count(*) into events from event_outbox e where e.event_domain = 'governance';
    if events <> 0 then
        raise exception 'T6 ABORT: governance outbox=%, expected 0', events;
    end if;
end
$assert$;
