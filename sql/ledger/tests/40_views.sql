-- Twin of code/40_views.sql: lists of the bodies come out as rows, and know what was undone.
-- Runs in a transaction that is rolled back, on an adopted database, as a superuser.
do $twin$
begin
    perform oneroof.append('run_started',  '{"run_id": "r1", "package_digest": "p1"}');
    perform oneroof.append('approval_used','{"run_id": "r1", "package_digest": "p1", "approvals": [{"digest": "d1", "approver": "a", "level": "L4"}, {"digest": "d2", "approver": "b", "level": "L2"}]}');
    perform oneroof.append('tier_applied', '{"run_id": "r1", "package_digest": "p1", "tier": "one", "objects": [{"action": "created", "kind": "table", "identity": "public.t", "definition_digest": "x"}]}');
    perform oneroof.append('tier_applied', '{"run_id": "r1", "package_digest": "p1", "tier": "two", "rows": [{"table": "public.u", "keys": [{"id": 1}, {"id": 2}]}]}');
    perform oneroof.append('run_finished', '{"run_id": "r1", "package_digest": "p1"}');
    perform oneroof.append('tier_rolled_back', '{"run_id": "r2", "package_digest": "p1", "tier": "two"}');

    if (select newest_kind from oneroof.run where run_id = 'r1') <> 'run_finished' then
        raise exception 'the run is not finished';
    end if;
    if (select count(*) from oneroof.approval_use where package_digest = 'p1') <> 2 then
        raise exception 'approvals are not listed';
    end if;
    if (select array_agg(tier order by seq) from oneroof.tier where package_digest = 'p1' and live) <> array['one'] then
        raise exception 'the live tiers are wrong';
    end if;
    if (select (action, kind, identity, live)::text from oneroof.object where package_digest = 'p1') <> '(created,table,public.t,t)' then
        raise exception 'the object is not listed';
    end if;
    if (select count(*) from oneroof.row_key where package_digest = 'p1' and table_name = 'public.u' and not live) <> 2 then
        raise exception 'the keys are not listed';
    end if;

    perform oneroof.append('tier_applied', '{"run_id": "r3", "package_digest": "p1", "tier": "two"}');
    if (select count(*) from oneroof.tier where package_digest = 'p1' and tier = 'two' and live) <> 1 then
        raise exception 'a tier that was applied again is not live';
    end if;
    perform oneroof.append('release_rolled_back', '{"run_id": "r4", "package_digest": "p1"}');
    if exists (select from oneroof.tier where package_digest = 'p1' and live) then
        raise exception 'a release that was rolled back has live tiers';
    end if;
end
$twin$;
