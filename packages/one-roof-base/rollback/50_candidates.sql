-- Undoes the tier that made the tables of the candidate scan. Never cascades: what hangs on ours is refused by the server.

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
        raise exception 'ROLLBACK REFUSED: candidates stands under what is still there: %', later
            using errcode = 'P0001';
    end if;

    if to_regclass('evolution_snapshots') is not null then
        -- Locked first: a row written between the check and the drop would be lost.
        lock table evolution_snapshots in access exclusive mode;
        if exists (select from evolution_snapshots) then
            raise exception 'ROLLBACK REFUSED: evolution_snapshots is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('governance_ruleset') is not null then
        lock table governance_ruleset in access exclusive mode;
        if exists (select from governance_ruleset) then
            raise exception 'ROLLBACK REFUSED: governance_ruleset is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('gov_worker_cursor') is not null then
        lock table gov_worker_cursor in access exclusive mode;
        if exists (select from gov_worker_cursor) then
            raise exception 'ROLLBACK REFUSED: gov_worker_cursor is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('candidate_scan_run') is not null then
        lock table candidate_scan_run in access exclusive mode;
        if exists (select from candidate_scan_run) then
            raise exception 'ROLLBACK REFUSED: candidate_scan_run is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('governance_candidate_state') is not null then
        lock table governance_candidate_state in access exclusive mode;
        if exists (select from governance_candidate_state) then
            raise exception 'ROLLBACK REFUSED: governance_candidate_state is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('governance_candidate_object') is not null then
        lock table governance_candidate_object in access exclusive mode;
        if exists (select from governance_candidate_object) then
            raise exception 'ROLLBACK REFUSED: governance_candidate_object is not empty' using errcode = 'P0001';
        end if;
    end if;
end
$$;

drop table if exists governance_candidate_object;
drop table if exists governance_candidate_state;
drop table if exists candidate_scan_run;
drop table if exists gov_worker_cursor;
drop table if exists governance_ruleset;
drop table if exists evolution_snapshots;

do $$
begin
    if exists (
        select
        from pg_class as c
        where c.relnamespace = current_schema()::regnamespace
          and c.relname in (
              'governance_candidate_object', 'governance_candidate_state', 'candidate_scan_run',
              'gov_worker_cursor', 'governance_ruleset', 'evolution_snapshots'
          )
    ) then
        raise exception 'ROLLBACK FAILED: candidates is still there' using errcode = 'P0001';
    end if;
end
$$;
