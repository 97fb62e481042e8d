-- Undoes the tier that made the linked vocabulary. Never cascades: what hangs on ours is refused by the server.

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
        raise exception 'ROLLBACK REFUSED: labels_linked stands under what is still there: %', later
            using errcode = 'P0001';
    end if;
end
$$;

drop view if exists entity_labels;
drop view if exists label_rules;
drop view if exists taxonomy;
drop view if exists taxonomy_facets;

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
        raise exception 'ROLLBACK FAILED: labels_linked is still there' using errcode = 'P0001';
    end if;
end
$$;
