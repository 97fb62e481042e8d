for metric in
    select wanted.name, wanted.relations, wanted.query
    from (values
{{rows}}
    ) as wanted (name, relations, query)
loop
    -- A metric that has no table or view yet has no value.
    continue when exists (
        select from unnest(metric.relations) as relation (name) where to_regclass(relation.name) is null
    );
    execute format($read$
        select
            case
                when answer.oneroof_value is null then 'null'
                when pg_typeof(answer.oneroof_value)::text = 'boolean'
                  or pg_typeof(answer.oneroof_value)::text in ('smallint', 'integer', 'bigint', 'oid', 'numeric')
                     and answer.oneroof_value::text ~ '^-?[0-9]{1,19}$'
                    then answer.oneroof_value::text
                else to_json(answer.oneroof_value::text)::text
            end::jsonb,
            (
                select part.value
                from json_each_text(row_to_json(answer)) with ordinality as part (name, value, position)
                where part.position = 2
            )
        from (
            %s
        ) as answer (oneroof_value)
    $read$, metric.query) into strict seen, detail;
    live := live || jsonb_build_object(metric.name, seen);
end loop;
