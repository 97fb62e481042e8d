
declare
    standing record;
begin
    for standing in
        select
            objects.tier,
            objects.title,
            count(*) as wanted,
            count(*) filter (where objects.present) as present,
            string_agg(objects.name, ', ') filter (where objects.present) as there,
            string_agg(objects.name, ', ') filter (where not objects.present) as gone
        from (values
{{rows}}
        ) as objects (tier, title, name, present)
        group by objects.tier, objects.title
    loop
        if standing.present not in (0, standing.wanted) then
            raise exception using
                message = format(
                    'ROLLBACK REFUSED: of tier %s only %s of %s objects are there', standing.title, standing.present, standing.wanted
                ),
                detail = format('there: %s; gone: %s', standing.there, standing.gone),
                hint = 'somebody else removed or made them: put that right by hand first';
        end if;
        perform set_config('oneroof_run.stands_' || standing.tier, (standing.present > 0)::text, true);
    end loop;
end
