-- The vocabulary of the application under our own schema (vocabulary = linked): one view a table, nothing added.
-- All columns pass through as they are now; a column that the application adds later comes with a later release.

create view taxonomy_facets as
select t.*
from public.taxonomy_facets as t;

create view taxonomy as
select t.*
from public.taxonomy as t;

create view label_rules as
select t.*
from public.label_rules as t;

create view entity_labels as
select t.*
from public.entity_labels as t;

comment on view taxonomy_facets is 'Facets of the application, passed through.';
comment on view taxonomy        is 'Labels of the application, passed through.';
comment on view label_rules     is 'Label rules of the application, passed through.';
comment on view entity_labels   is 'Labels on entities of the application, passed through.';

grant select on taxonomy_facets, taxonomy, label_rules, entity_labels to one_roof_reader, one_roof_operator;

do $$
declare
    missing text;
begin
    -- The application's tables must lie elsewhere, else the views would read themselves.
    if current_schema() = 'public' then
        raise exception 'labels_linked: the schema is public, where the vocabulary already is'
            using errcode = 'P0001';
    end if;

    select string_agg(v.name, ', ' order by v.name)
    into missing
    from unnest(array['taxonomy_facets', 'taxonomy', 'label_rules', 'entity_labels']) as v (name)
    where not exists (
        select
        from pg_class as c
        where c.relnamespace = current_schema()::regnamespace
          and c.relname = v.name
          and c.relkind = 'v'
    );
    if missing is not null then
        raise exception 'labels_linked: missing %', missing using errcode = 'P0001';
    end if;
end
$$;
