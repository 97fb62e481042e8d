-- Area scopes: kinds of responsibility, and the values of axis responsibility that stand for them.
--
-- add     {op, code, description, hint, sort, approval_ref}: scope and value
-- set     {op, code, description, hint, sort}: other words for the same scope
-- restore {op, code, description, hint, sort, approval_ref}: a retired scope is active again
-- value   {op, code, approval_ref}: a scope that is there gets its value
-- retire  {op, code, approval_ref}: scope and value end; the owners end in area owners

do $scopes$
declare
    tag    constant text := current_setting('oneroof.release_tag');
    at_utc constant text := to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    entry  jsonb;
    op     text;
    wanted text;
    why    text;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'scopes')
             with ordinality as e (entry, position)
        order by e.position
    loop
        op := entry ->> 'op';

        if op = 'add' then
            insert into governance_responsibility_scope (scope_code, description, default_owner_hint, sort)
            values (entry ->> 'code', entry ->> 'description', entry ->> 'hint', (entry ->> 'sort')::integer);
        elsif op in ('set', 'restore') then
            update governance_responsibility_scope
            set description = entry ->> 'description',
                default_owner_hint = entry ->> 'hint',
                sort = (entry ->> 'sort')::integer,
                status = 'active'
            where scope_code = entry ->> 'code';
        elsif op = 'retire' then
            update governance_responsibility_scope
            set status = 'retired'
            where scope_code = entry ->> 'code'
              and status = 'active';
        end if;
        if not found and op <> 'value' then
            raise exception 'SCOPES ABORT: no scope %', entry ->> 'code';
        end if;
        continue when op = 'set';

        wanted := case op when 'retire' then 'retired' else 'active' end;
        why := case op when 'retire' then 'scope retired' else 'active scope of governance_responsibility_scope' end;
        update axis_value as v
        set status = wanted,
            provenance = v.provenance || jsonb_build_object('transitions', v.provenance -> 'transitions'
                || jsonb_build_object(
                    'from', v.status,
                    'to', wanted,
                    'at', at_utc,
                    'by', tag,
                    'reason', why,
                    'approval_ref', entry ->> 'approval_ref'))
        where v.axis_code = 'responsibility'
          and v.value_code = entry ->> 'code'
          and v.status <> wanted;
        continue when found or op = 'retire';

        insert into axis_value (axis_code, value_code, value_name, status, provenance, created_by)
        values (
            'responsibility',
            entry ->> 'code',
            entry ->> 'code',
            'active',
            jsonb_build_object(
                'kind', 'scope_registered',
                'transitions', jsonb_build_array(jsonb_build_object(
                    'from', null,
                    'to', 'active',
                    'at', at_utc,
                    'by', tag,
                    'reason', why,
                    'approval_ref', entry ->> 'approval_ref'))),
            tag);
    end loop;
end
$scopes$;
