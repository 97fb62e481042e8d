-- Area agencies: who can be accountable, and what they have to do with laws.
--
-- add    {op, code, name, status}
-- set    {op, code, name, status}: another name or status
-- relate {op, code, kind, law}

do $agencies$
declare
    tag   constant text := current_setting('oneroof.release_tag');
    entry jsonb;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'agencies')
             with ordinality as e (entry, position)
        order by e.position
    loop
        case entry ->> 'op'
            when 'add' then
                insert into governance_registry (code, name, status, created_by)
                values (entry ->> 'code', entry ->> 'name', entry ->> 'status', tag);
            when 'set' then
                update governance_registry
                set name = entry ->> 'name',
                    status = entry ->> 'status'
                where code = entry ->> 'code';
                if not found then
                    raise exception 'AGENCIES ABORT: no agency %', entry ->> 'code';
                end if;
            when 'relate' then
                insert into governance_relations (agency_code, relation_kind, law_ref)
                values (entry ->> 'code', entry ->> 'kind', entry ->> 'law');
        end case;
    end loop;
end
$agencies$;
