-- Undoes the tier that made effective owner, gap and conflict. Never cascades: what hangs on ours is refused by the server.

do $$
declare
    later text;
begin
    -- A later tier that is still there: PostgreSQL alone would not always refuse.
    select string_agg(c.relname, ', ' order by c.relname)
    into later
    from pg_class as c
    where c.relnamespace = current_schema()::regnamespace
      and pg_get_userbyid(c.relowner) = 'one_roof_owner'
      and (
          c.relname in (
              'evolution_snapshots', 'governance_ruleset', 'gov_worker_cursor',
              'candidate_scan_run', 'governance_candidate_state', 'governance_candidate_object',
              'event_type_registry', 'event_outbox', 'governance_build_authorization',
              'v_build_auth_valid', 'axis_registry'
          )
          -- The vocabulary is ours only if we made or linked it.
          or (
              current_setting('oneroof.vocabulary', true) in ('create', 'linked')
              and c.relname in ('taxonomy_facets', 'taxonomy', 'label_rules', 'entity_labels')
          )
      );
    if later is not null then
        raise exception 'ROLLBACK REFUSED: owner_views stands under what is still there: %', later
            using errcode = 'P0001';
    end if;
end
$$;

drop view if exists v_object_owner_conflict;
drop view if exists v_object_owner_gap;
drop view if exists v_object_effective_owner;

do $$
begin
    if exists (
        select
        from pg_class as c
        where c.relnamespace = current_schema()::regnamespace
          and c.relname in (
              'v_object_owner_conflict', 'v_object_owner_gap', 'v_object_effective_owner'
          )
    ) then
        raise exception 'ROLLBACK FAILED: owner_views is still there' using errcode = 'P0001';
    end if;
end
$$;
