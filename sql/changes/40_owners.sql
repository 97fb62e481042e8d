-- Area owners: who holds a scope for an object or a group. Each entry closes rows, then writes its own.
--
-- [{object_type, object_ref, scope, owner, kind, anchor, from, to, approval_ref, supersedes,
--   close: [{id, as, to}]}]; an entry without owner only closes.
-- `as`: superseded, expired or revoked; active leaves the row as it is until its new end.

do $owners$
declare
    tag   constant text := current_setting('oneroof.release_tag');
    entry jsonb;
    wrong text;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'owners')
             with ordinality as e (entry, position)
        order by e.position
    loop
        select string_agg(c.id::text, ', ' order by c.id) into wrong
        from jsonb_to_recordset(coalesce(entry -> 'close', '[]')) as c (id bigint)
        where not exists (
            select
            from governance_object_ownership as o
            where o.id = c.id
              and o.lifecycle_status = 'active');
        if wrong is not null then
            raise exception 'OWNERS ABORT: no longer active: ownership row %', wrong;
        end if;

        update governance_object_ownership as o
        set lifecycle_status = c.as,
            -- what has ended already keeps its end; what never began ends where it would have begun
            effective_to = case
                when o.effective_to <= now() then o.effective_to
                else greatest(coalesce(c.to, now()), o.effective_from)
            end,
            audit_ref = case when c.as in ('revoked', 'active') then entry ->> 'approval_ref' else o.audit_ref end,
            updated_at = now(),
            updated_by = tag
        from jsonb_to_recordset(coalesce(entry -> 'close', '[]')) as c (id bigint, "as" text, "to" timestamptz)
        where o.id = c.id;

        if entry ->> 'owner' is not null then
            insert into governance_object_ownership (
                object_type, object_ref, scope, owner_kind, owner_gov_code, is_inherited_anchor,
                effective_from, effective_to, lifecycle_status, approval_ref, supersedes_id, created_by)
            values (
                entry ->> 'object_type',
                entry ->> 'object_ref',
                entry ->> 'scope',
                entry ->> 'kind',
                entry ->> 'owner',
                coalesce((entry ->> 'anchor')::boolean, false),
                coalesce((entry ->> 'from')::timestamptz, now()),
                (entry ->> 'to')::timestamptz,
                'active',
                entry ->> 'approval_ref',
                (entry ->> 'supersedes')::bigint,
                tag);
        end if;
    end loop;

    select string_agg(c.object_type || ':' || c.object_ref || '/' || c.scope, ', ') into wrong
    from v_object_owner_conflict as c;
    if wrong is not null then
        raise exception 'OWNERS ABORT: more than one accountable owner: %', wrong;
    end if;
end
$owners$;
