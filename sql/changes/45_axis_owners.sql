-- Area axis_owners: who holds a cell of an axis other than responsibility, such as a topic of an object.
--
-- [{object_type, object_ref, axis, value, owner, kind, from, to, approval_ref, by, reason, supersedes,
--   close: [{id, as, to}]}]; an entry without owner only closes.

do $axis_owners$
declare
    tag   constant text := current_setting('oneroof.release_tag');
    entry jsonb;
    wrong text;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'axis_owners')
             with ordinality as e (entry, position)
        order by e.position
    loop
        select string_agg(c.id::text, ', ' order by c.id) into wrong
        from jsonb_to_recordset(coalesce(entry -> 'close', '[]')) as c (id bigint)
        where not exists (
            select
            from axis_object_ownership as o
            where o.ownership_id = c.id
              and o.lifecycle_status = 'active');
        if wrong is not null then
            raise exception 'AXIS OWNERS ABORT: no longer active: ownership row %', wrong;
        end if;

        update axis_object_ownership as o
        set lifecycle_status = c.as,
            effective_to = case
                when o.effective_to <= now() then o.effective_to
                else greatest(coalesce(c.to, now()), o.effective_from)
            end
        from jsonb_to_recordset(coalesce(entry -> 'close', '[]')) as c (id bigint, "as" text, "to" timestamptz)
        where o.ownership_id = c.id;

        if entry ->> 'owner' is not null then
            insert into axis_object_ownership (
                object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance,
                approval_ref, effective_from, effective_to, lifecycle_status, supersedes_id, created_by)
            values (
                entry ->> 'object_type',
                entry ->> 'object_ref',
                entry ->> 'axis',
                entry ->> 'value',
                entry ->> 'owner',
                entry ->> 'kind',
                jsonb_strip_nulls(jsonb_build_object(
                    'kind', 'human_ratified',
                    'by', entry ->> 'by',
                    'reason', entry ->> 'reason')),
                entry ->> 'approval_ref',
                coalesce((entry ->> 'from')::timestamptz, now()),
                (entry ->> 'to')::timestamptz,
                'active',
                (entry ->> 'supersedes')::bigint,
                tag);
        end if;
    end loop;
end
$axis_owners$;
