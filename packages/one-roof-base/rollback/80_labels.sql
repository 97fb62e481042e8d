-- Undoes the tier that made the empty vocabulary. Never cascades: what hangs on ours is refused by the server.

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
      and c.relname in (
          'axis_registry'
      );
    if later is not null then
        raise exception 'ROLLBACK REFUSED: labels stands under what is still there: %', later
            using errcode = 'P0001';
    end if;

    if to_regclass('taxonomy_facets') is not null then
        -- Locked first: a row written between the check and the drop would be lost.
        lock table taxonomy_facets in access exclusive mode;
        if exists (select from taxonomy_facets) then
            raise exception 'ROLLBACK REFUSED: taxonomy_facets is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('taxonomy') is not null then
        lock table taxonomy in access exclusive mode;
        if exists (select from taxonomy) then
            raise exception 'ROLLBACK REFUSED: taxonomy is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('label_rules') is not null then
        lock table label_rules in access exclusive mode;
        if exists (select from label_rules) then
            raise exception 'ROLLBACK REFUSED: label_rules is not empty' using errcode = 'P0001';
        end if;
    end if;

    if to_regclass('entity_labels') is not null then
        lock table entity_labels in access exclusive mode;
        if exists (select from entity_labels) then
            raise exception 'ROLLBACK REFUSED: entity_labels is not empty' using errcode = 'P0001';
        end if;
    end if;
end
$$;

drop table if exists entity_labels;
drop table if exists label_rules;
drop table if exists taxonomy;
drop table if exists taxonomy_facets;

do $$
begin
    if exists (
        select
        from pg_class as c
        where c.relnamespace = current_schema()::regnamespace
          and c.relname in (
              'entity_labels', 'label_rules', 'taxonomy', 'taxonomy_facets'
          )
    ) then
        raise exception 'ROLLBACK FAILED: labels is still there' using errcode = 'P0001';
    end if;
end
$$;
