-- Undoes the tier that made the inventory by the catalog. Never cascades: what hangs on ours is refused by the server.

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
              'v_object_effective_owner', 'v_object_owner_gap', 'v_object_owner_conflict',
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
        raise exception 'ROLLBACK REFUSED: inventory stands under what is still there: %', later
            using errcode = 'P0001';
    end if;

    if to_regclass('governance_inventory_group') is not null then
        -- Locked first: a row written between the check and the drop would be lost.
        lock table governance_inventory_group in access exclusive mode;
        if exists (select from governance_inventory_group where created_by is distinct from nullif(current_setting('oneroof.release_tag', true), '')) then
            raise exception 'ROLLBACK REFUSED: governance_inventory_group was extended by others' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('governance_inventory_object') is not null then
        lock table governance_inventory_object in access exclusive mode;
        if exists (select from governance_inventory_object) then
            raise exception 'ROLLBACK REFUSED: governance_inventory_object is not empty' using errcode = 'P0001';
        end if;
    end if;
end
$$;

drop view if exists v_governance_object_containment;
drop view if exists v_governance_object_inventory;
drop table if exists governance_inventory_object;
drop table if exists governance_inventory_group;

do $$
begin
    if exists (
        select
        from pg_class as c
        where c.relnamespace = current_schema()::regnamespace
          and c.relname in (
              'v_governance_object_containment', 'v_governance_object_inventory',
              'governance_inventory_object', 'governance_inventory_group'
          )
    ) then
        raise exception 'ROLLBACK FAILED: inventory is still there' using errcode = 'P0001';
    end if;
end
$$;
