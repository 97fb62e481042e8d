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
    execute format(current_setting('oneroof_run.read'), metric.query) into strict seen, detail;
    live := live || jsonb_build_object(metric.name, seen);
end loop;
