
declare
    object     record;
    definition text;
    again      text;
    number     bigint;
begin
    for object in
        select named.name, to_regclass(named.name) as oid
        from unnest({{views}}) with ordinality as named (name, position)
        order by named.position
    loop
        if object.oid is null then
            raise exception using message = format('R2 ABORT: view %s is not there', object.name);
        end if;
        definition := pg_get_viewdef(object.oid);
        execute format('create or replace view %s as %s', object.oid, definition);
        again := pg_get_viewdef(object.oid);
        if again <> definition then
            -- PostgreSQL prints some views in another way once it has read its own print: then the second
            -- print must be the last one.
            execute format('create or replace view %s as %s', object.oid, again);
            if pg_get_viewdef(object.oid) <> again then
                raise exception using message = format('R2 ABORT: view %s is not what its definition says', object.name);
            end if;
        end if;
        execute format('select count(*) from %s', object.oid) into number;
    end loop;
    for object in
        select proc.oid, proc.oid::regprocedure::text as name
        from pg_catalog.pg_proc as proc
        where proc.proname = any ({{functions}})
          and proc.prokind in ('f', 'p')
          and pg_function_is_visible(proc.oid)
        order by proc.oid
    loop
        definition := pg_get_functiondef(object.oid);
        execute definition;
        if pg_get_functiondef(object.oid) <> definition then
            raise exception using message = format('R2 ABORT: function %s is not what its definition says', object.name);
        end if;
    end loop;
end
