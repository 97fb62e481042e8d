-- Area groups: the containers of the inventory, and the values of axis containment that stand for their groups.
--
-- add, set {op, container, group, governed}; remove {op, container}
-- value    {op, group, approval_ref}: a group that is there gets its value
-- restore  {op, group, approval_ref}: a group has members again
-- retire   {op, group, approval_ref}: a group ends; its anchors end in area owners

do $groups$
declare
    tag    constant text := current_setting('oneroof.release_tag');
    at_utc constant text := to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    entry  jsonb;
    op     text;
    wanted text;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'groups')
             with ordinality as e (entry, position)
        order by e.position
    loop
        op := entry ->> 'op';

        -- The table exists only with some providers; a branch that is not reached is not looked up.
        if op = 'add' then
            insert into governance_inventory_group (container_name, group_code, governed, created_by)
            values (entry ->> 'container', entry ->> 'group', (entry ->> 'governed')::boolean, tag);
        elsif op = 'set' then
            update governance_inventory_group
            set group_code = entry ->> 'group',
                governed = (entry ->> 'governed')::boolean
            where container_name = entry ->> 'container';
        elsif op = 'remove' then
            delete from governance_inventory_group
            where container_name = entry ->> 'container';
        end if;
        continue when op in ('add', 'set', 'remove');

        wanted := case op when 'retire' then 'retired' else 'active' end;
        if op = 'value' then
            insert into axis_value (axis_code, value_code, value_name, status, provenance, created_by)
            values (
                'containment',
                entry ->> 'group',
                entry ->> 'group',
                'active',
                jsonb_build_object(
                    'kind', 'container_registered',
                    'transitions', jsonb_build_array(jsonb_build_object(
                        'from', null,
                        'to', 'active',
                        'at', at_utc,
                        'by', tag,
                        'reason', 'group of v_governance_object_containment',
                        'approval_ref', entry ->> 'approval_ref'))),
                tag);
            continue;
        end if;

        update axis_value as v
        set status = wanted,
            provenance = v.provenance || jsonb_build_object('transitions', v.provenance -> 'transitions'
                || jsonb_build_object(
                    'from', v.status,
                    'to', wanted,
                    'at', at_utc,
                    'by', tag,
                    'reason', case op when 'retire' then 'group retired' else 'the group has members again' end,
                    'approval_ref', entry ->> 'approval_ref'))
        where v.axis_code = 'containment'
          and v.value_code = entry ->> 'group'
          and v.status <> wanted;
        if not found then
            raise exception 'GROUPS ABORT: group % is not there, or % already', entry ->> 'group', wanted;
        end if;
    end loop;
end
$groups$;
