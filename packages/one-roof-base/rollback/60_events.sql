-- Undoes the tier that made event types, outbox and trigger. Never cascades: what hangs on ours is refused by the server.

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
              'governance_build_authorization', 'v_build_auth_valid', 'axis_registry'
          )
          -- The vocabulary is ours only if we made or linked it.
          or (
              current_setting('oneroof.vocabulary', true) in ('create', 'linked')
              and c.relname in ('taxonomy_facets', 'taxonomy', 'label_rules', 'entity_labels')
          )
      );
    if later is not null then
        raise exception 'ROLLBACK REFUSED: events stands under what is still there: %', later
            using errcode = 'P0001';
    end if;

    if to_regclass('event_outbox') is not null then
        -- Locked first: a row written between the check and the drop would be lost.
        lock table event_outbox in access exclusive mode;
        if exists (select from event_outbox) then
            raise exception 'ROLLBACK REFUSED: event_outbox is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('event_type_registry') is not null then
        lock table event_type_registry in access exclusive mode;
        if exists (select from event_type_registry where event_domain <> 'governance') then
            raise exception 'ROLLBACK REFUSED: event_type_registry has types of others' using errcode = 'P0001';
        end if;
    end if;
end
$$;

drop table if exists event_outbox;
drop function if exists fn_event_type_validate();
drop table if exists event_type_registry;

do $$
begin
    if exists (
        select
        from pg_class as c
        where c.relnamespace = current_schema()::regnamespace
          and c.relname in (
              'event_outbox', 'event_type_registry'
          )
    ) then
        raise exception 'ROLLBACK FAILED: events is still there' using errcode = 'P0001';
    end if;
end
$$;
