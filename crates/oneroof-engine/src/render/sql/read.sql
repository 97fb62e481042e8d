
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
