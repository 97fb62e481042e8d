-- Area objects: objects that came, left, moved or got another name, and who owns their cells.
--
-- place  {op, object_type, object_ref, group, owner, scope, approval_ref, from, assignment, ownerships}:
--        an object in its group; with `assignment` that one is followed, `from` is the old name of a renamed object
-- carry  {op, object_type, object_ref, assignment, ownerships}: what a renamed object has on another axis
-- leave  {op, object_type, object_ref, assignments, ownerships}: what the inventory no longer has
-- own    {op, object_type, object_ref, axis, value, owner, scope, approval_ref, ownership}: another owner of a cell;
--        with `scope` it follows the owner of that scope
-- expire {op, ownerships}: rows whose time is over
--
-- No row is changed away: what ends keeps its end and names its successor.

do $objects$
declare
    tag   constant text := current_setting('oneroof.release_tag');
    entry jsonb;
    op    text;
    wrong text;
    was   axis_assignment;
    made  bigint;
    owned axis_object_ownership;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'objects')
             with ordinality as e (entry, position)
        order by e.position
    loop
        op := entry ->> 'op';

        select string_agg(n.id, ', ' order by n.id) into wrong
        from (
            select a.id
            from jsonb_array_elements_text(coalesce(entry -> 'assignments', '[]') || coalesce(entry -> 'assignment', '[]')) as a (id)
            where a.id is not null
              and not exists (
                  select from axis_assignment as t where t.assignment_id = a.id::bigint and t.status = 'active')
        ) as n;
        if wrong is not null then
            raise exception 'OBJECTS ABORT: no longer active: assignment %', wrong;
        end if;
        select string_agg(n.id, ', ' order by n.id) into wrong
        from (
            select o.id
            from jsonb_array_elements_text(coalesce(entry -> 'ownerships', '[]') || coalesce(entry -> 'ownership', '[]')) as o (id)
            where o.id is not null
              and not exists (
                  select from axis_object_ownership as t where t.ownership_id = o.id::bigint and t.lifecycle_status = 'active')
        ) as n;
        if wrong is not null then
            raise exception 'OBJECTS ABORT: no longer active: ownership row %', wrong;
        end if;

        -- What ends
        update axis_object_ownership as t
        set lifecycle_status = case
                when op = 'leave'                     then 'revoked'
                when op = 'expire'                    then 'expired'
                when op = 'carry'
                 and t.effective_to <= now()          then 'expired'
                else                                       'superseded'
            end,
            effective_to = case when t.effective_to <= now() then t.effective_to else greatest(now(), t.effective_from) end
        from jsonb_array_elements_text(coalesce(entry -> 'ownerships', '[]') || coalesce(entry -> 'ownership', '[]')) as o (id)
        where t.ownership_id = o.id::bigint;

        if op = 'leave' then
            update axis_assignment as t
            set status = 'retired',
                valid_to = now()
            from jsonb_array_elements_text(coalesce(entry -> 'assignments', '[]')) as a (id)
            where t.assignment_id = a.id::bigint;
            continue;
        end if;
        continue when op = 'expire';

        if op = 'own' then
            insert into axis_object_ownership (
                object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance,
                approval_ref, lifecycle_status, supersedes_id, created_by)
            select entry ->> 'object_type',
                   entry ->> 'object_ref',
                   entry ->> 'axis',
                   entry ->> 'value',
                   entry ->> 'owner',
                   coalesce(t.owner_kind, 'accountable'),
                   case
                       when entry ->> 'scope' is not null
                           then jsonb_build_object('kind', 'derived', 'scope', entry ->> 'scope')
                       else t.provenance
                   end,
                   entry ->> 'approval_ref',
                   'active',
                   (entry ->> 'ownership')::bigint,
                   tag
            from (select) as one
            left join axis_object_ownership as t
              on t.ownership_id = (entry ->> 'ownership')::bigint;
            continue;
        end if;

        -- place and carry: the assignment, then its owners
        was := null;
        if entry ->> 'assignment' is not null then
            update axis_assignment as t
            set status = 'superseded',
                valid_to = now()
            where t.assignment_id = (entry ->> 'assignment')::bigint
            returning t.* into was;
        end if;

        insert into axis_assignment (
            object_type, object_ref, axis_code, value_code, zone, match_score, confidence, provenance, evidence,
            assigned_kind, assigned_at, revision, created_by)
        values (
            entry ->> 'object_type',
            entry ->> 'object_ref',
            case op when 'place' then 'containment' else was.axis_code end,
            case op when 'place' then entry ->> 'group' else was.value_code end,
            case op when 'place' then 'approved' else was.zone end,
            case op when 'place' then null else was.match_score end,
            case op when 'place' then 1.0 else was.confidence end,
            case op when 'place' then jsonb_build_object('kind', 'containment') else was.provenance end,
            case op when 'place' then null else was.evidence end,
            case op when 'place' then 'rule' else was.assigned_kind end,
            case op when 'place' then now() else was.assigned_at end,
            coalesce(was.revision, 0) + 1,
            tag)
        returning assignment_id into made;

        update axis_assignment
        set superseded_by = made
        where assignment_id = was.assignment_id;

        if op = 'place' then
            insert into axis_object_ownership (
                object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance,
                approval_ref, lifecycle_status, supersedes_id, created_by)
            values (
                entry ->> 'object_type',
                entry ->> 'object_ref',
                'containment',
                entry ->> 'group',
                entry ->> 'owner',
                'accountable',
                jsonb_build_object('kind', 'derived', 'scope', entry ->> 'scope'),
                entry ->> 'approval_ref',
                'active',
                (entry -> 'ownerships' ->> 0)::bigint,
                tag);
            continue;
        end if;

        for owned in
            select t.*
            from axis_object_ownership as t
            join jsonb_array_elements_text(coalesce(entry -> 'ownerships', '[]')) as o (id)
              on t.ownership_id = o.id::bigint
            where t.lifecycle_status = 'superseded'
            order by t.ownership_id
        loop
            insert into axis_object_ownership (
                object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance,
                approval_ref, lifecycle_status, supersedes_id, created_by)
            values (
                entry ->> 'object_type', entry ->> 'object_ref', owned.axis_code, owned.value_code, owned.owner_gov_code,
                owned.owner_kind, owned.provenance || jsonb_build_object('renamed_from', owned.object_ref),
                owned.approval_ref, 'active', owned.ownership_id, tag);
        end loop;
    end loop;

    -- What this change placed must be where the inventory says that it is.
    select string_agg(m.object_ref || ' ' || m.reason, ', ' order by m.object_ref) into wrong
    from v_axis_missing_assignment as m
    join jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'objects') as e (entry)
      on e.entry ->> 'object_type' = m.object_type
     and e.entry ->> 'object_ref' = m.object_ref
     and e.entry ->> 'op' in ('place', 'leave')
    where m.axis_code = 'containment'
      and (e.entry ->> 'op' = 'place' or m.reason <> 'missing');
    if wrong is not null then
        raise exception 'OBJECTS ABORT: the inventory says otherwise: %', wrong;
    end if;
end
$objects$;
