-- Area topic_map: labels that express a topic, and the first objects on it.
--
-- map    {op, value, label, kind}
-- assign {op, object_ref, value, zone, confidence, kind}

do $topic_map$
declare
    tag   constant text := current_setting('oneroof.release_tag');
    entry jsonb;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'topic_map')
             with ordinality as e (entry, position)
        order by e.position
    loop
        case entry ->> 'op'
            when 'map' then
                insert into topic_taxonomy_map (value_code, label_code, map_kind, created_by)
                values (entry ->> 'value', entry ->> 'label', entry ->> 'kind', tag);
            when 'assign' then
                insert into axis_assignment (
                    object_type, object_ref, axis_code, value_code, zone, confidence, provenance, assigned_kind,
                    created_by)
                values (
                    'collection',
                    entry ->> 'object_ref',
                    'topic',
                    entry ->> 'value',
                    entry ->> 'zone',
                    (entry ->> 'confidence')::numeric,
                    -- without provenance there is only quarantine
                    case when entry ->> 'zone' <> 'quarantine' then jsonb_build_object('kind', 'topic_seed') end,
                    entry ->> 'kind',
                    tag);
        end case;
    end loop;
end
$topic_map$;
