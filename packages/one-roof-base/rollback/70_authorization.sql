-- Undoes the tier that made grants for build steps. Never cascades: what hangs on ours is refused by the server.

do $$
declare
    later text;
begin
    -- Package one-roof stands on ours.
    select string_agg(c.relname, ', ' order by c.relname)
    into later
    from pg_class as c
    where c.relnamespace = current_schema()::regnamespace
      and pg_get_userbyid(c.relowner) = 'one_roof_owner'
      and (
          c.relname in (
              'axis_registry'
          )
          -- The vocabulary is ours only if we made or linked it.
          or (
              current_setting('oneroof.vocabulary', true) in ('create', 'linked')
              and c.relname in ('taxonomy_facets', 'taxonomy', 'label_rules', 'entity_labels')
          )
      );
    if later is not null then
        raise exception 'ROLLBACK REFUSED: authorization stands under what is still there: %', later
            using errcode = 'P0001';
    end if;

    if to_regclass('governance_build_authorization') is not null then
        -- Locked first: a row written between the check and the drop would be lost.
        lock table governance_build_authorization in access exclusive mode;
        if exists (select from governance_build_authorization) then
            raise exception 'ROLLBACK REFUSED: governance_build_authorization is not empty' using errcode = 'P0001';
        end if;
    end if;
end
$$;

drop function if exists fn_build_commit_allowed(text, text);
drop view if exists v_build_auth_valid;
drop function if exists valid_sovereign_esign(text);
drop function if exists quorum_passed(text);
drop table if exists governance_build_authorization;

do $$
begin
    if exists (
        select
        from pg_class as c
        where c.relnamespace = current_schema()::regnamespace
          and c.relname in (
              'v_build_auth_valid', 'governance_build_authorization'
          )
    ) then
        raise exception 'ROLLBACK FAILED: authorization is still there' using errcode = 'P0001';
    end if;
end
$$;
