-- Area topics: the life of a topic. Each entry is one act, in order.
--
-- propose   {op, value, name, parent, kind, by, reason, approval_ref}: a candidate
-- ratify    {op, value, move, parent, by, reason, approval_ref}: candidate -> active; `move` true sets parent
-- deprecate {op, value, retire, by, reason, approval_ref}: active -> deprecated; `retire` ends its assignments
-- merge     {op, value, into, by, reason, approval_ref}: assignments, owners and children go to the survivor
-- split     {op, value, into: [{value, name, assign: [object]}], by, reason, approval_ref}: active children
--
-- No row is changed away: a status has its transition, what ends keeps its end and names its successor.

do $topics$
declare
    tag    constant text := current_setting('oneroof.release_tag');
    at_utc constant text := to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    entry  jsonb;
    child  jsonb;
    op     text;
    topic  text;
    target text;
    known  text;
    moved  bigint;
    item   record;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'topics')
             with ordinality as e (entry, position)
        order by e.position
    loop
        op := entry ->> 'op';
        topic := entry ->> 'value';

        if op = 'propose' then
            insert into axis_value (
                axis_code, value_code, value_name, parent_value_code, parent_level, status, provenance, created_by)
            select 'topic',
                   topic,
                   coalesce(entry ->> 'name', initcap(replace(topic, '-', ' '))),
                   entry ->> 'parent',
                   coalesce((
                       select p.level
                       from axis_value as p
                       where p.axis_code = 'topic'
                         and p.value_code = entry ->> 'parent'), 0),
                   'candidate',
                   jsonb_build_object(
                       'kind', entry ->> 'kind',
                       'transitions', jsonb_build_array(jsonb_build_object(
                           'from', null,
                           'to', 'candidate',
                           'at', at_utc,
                           'by', entry ->> 'by',
                           'reason', entry ->> 'reason',
                           'approval_ref', entry ->> 'approval_ref'))),
                   tag;
            continue;
        end if;

        select v.status into known
        from axis_value as v
        where v.axis_code = 'topic'
          and v.value_code = topic
        for update;
        if known is distinct from (case op when 'ratify' then 'candidate' else 'active' end) then
            raise exception 'TOPICS ABORT: topic % is %, so % is not possible', topic, coalesce(known, 'missing'), op;
        end if;

        if op = 'ratify' then
            update axis_value as v
            set status = 'active',
                provenance = v.provenance || jsonb_strip_nulls(jsonb_build_object(
                    'kind', case v.provenance ->> 'kind'
                                when 'kg_provisional' then 'kg_ratified'
                                else v.provenance ->> 'kind'
                            end,
                    'prior_kind', v.provenance ->> 'kind',
                    'ratified_by', entry ->> 'by',
                    'approval_ref', entry ->> 'approval_ref',
                    'lane', 'governance'))
                || jsonb_build_object('transitions', v.provenance -> 'transitions' || jsonb_build_object(
                    'from', 'candidate',
                    'to', 'active',
                    'at', at_utc,
                    'by', entry ->> 'by',
                    'reason', entry ->> 'reason',
                    'approval_ref', entry ->> 'approval_ref'))
            where v.axis_code = 'topic'
              and v.value_code = topic;
        end if;

        if op = 'split' then
            for child in select c.entry from jsonb_array_elements(entry -> 'into') as c (entry) loop
                target := child ->> 'value';
                insert into axis_value (
                    axis_code, value_code, value_name, parent_value_code, parent_level, status, provenance, created_by)
                select 'topic',
                       target,
                       coalesce(child ->> 'name', initcap(replace(target, '-', ' '))),
                       topic,
                       p.level,
                       'active',
                       jsonb_build_object(
                           'kind', 'human_designated',
                           'op', 'split',
                           'split_of', topic,
                           'transitions', jsonb_build_array(jsonb_build_object(
                               'from', null,
                               'to', 'active',
                               'at', at_utc,
                               'by', entry ->> 'by',
                               'reason', entry ->> 'reason',
                               'approval_ref', entry ->> 'approval_ref'))),
                       tag
                from axis_value as p
                where p.axis_code = 'topic'
                  and p.value_code = topic;
            end loop;
        end if;

        -- Assignments that go elsewhere: all of a merged topic, the named ones of a split topic.
        if op in ('merge', 'split') then
            moved := 0;
            for item in
                select a.*,
                       case op when 'merge' then entry ->> 'into' else part.value_code end as new_value
                from axis_assignment as a
                left join lateral (
                    select c.entry ->> 'value' as value_code
                    from jsonb_array_elements(case op when 'split' then entry -> 'into' else '[]' end) as c (entry)
                    where coalesce(c.entry -> 'assign', '[]') ? a.object_ref
                ) as part
                  on true
                where a.axis_code = 'topic'
                  and a.value_code = topic
                  and a.status = 'active'
                  and (op = 'merge' or part.value_code is not null)
                order by a.assignment_id
            loop
                update axis_assignment
                set status = 'superseded',
                    valid_to = now()
                where assignment_id = item.assignment_id;

                -- An object that has the new topic already keeps that assignment as the successor.
                if not exists (
                    select
                    from axis_assignment as a
                    where a.object_type = item.object_type
                      and a.object_ref = item.object_ref
                      and a.axis_code = 'topic'
                      and a.value_code = item.new_value
                      and a.status = 'active')
                then
                    insert into axis_assignment (
                        object_type, object_ref, axis_code, value_code, zone, match_score, confidence,
                        provenance, evidence, assigned_kind, revision, created_by)
                    values (
                        item.object_type, item.object_ref, 'topic', item.new_value, item.zone,
                        item.match_score, item.confidence, item.provenance, item.evidence,
                        item.assigned_kind, item.revision + 1, tag);
                end if;

                update axis_assignment as old
                set superseded_by = a.assignment_id
                from axis_assignment as a
                where old.assignment_id = item.assignment_id
                  and a.object_type = item.object_type
                  and a.object_ref = item.object_ref
                  and a.axis_code = 'topic'
                  and a.value_code = item.new_value
                  and a.status = 'active';
                moved := moved + 1;
            end loop;

            -- Owners of those cells go with them.
            for item in
                select o.*, n.value_code as new_value
                from axis_object_ownership as o
                join axis_assignment as s
                  on s.object_type = o.object_type
                 and s.object_ref = o.object_ref
                 and s.axis_code = 'topic'
                 and s.value_code = topic
                 and s.status = 'superseded'
                 and s.valid_to = now()
                join axis_assignment as n
                  on n.assignment_id = s.superseded_by
                where o.axis_code = 'topic'
                  and o.value_code = topic
                  and o.lifecycle_status = 'active'
                order by o.ownership_id
            loop
                update axis_object_ownership
                set lifecycle_status = 'superseded',
                    effective_to = coalesce(least(effective_to, now()), now())
                where ownership_id = item.ownership_id;

                insert into axis_object_ownership (
                    object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance,
                    approval_ref, effective_from, effective_to, lifecycle_status, supersedes_id, created_by)
                select item.object_type, item.object_ref, 'topic', item.new_value, item.owner_gov_code,
                       item.owner_kind, item.provenance || jsonb_build_object('moved_from', topic),
                       entry ->> 'approval_ref', now(), item.effective_to, 'active', item.ownership_id, tag
                where not exists (
                    select
                    from axis_object_ownership as o
                    where o.object_type = item.object_type
                      and o.object_ref = item.object_ref
                      and o.axis_code = 'topic'
                      and o.value_code = item.new_value
                      and o.owner_kind = item.owner_kind
                      and o.lifecycle_status = 'active')
                  and (item.effective_to is null or item.effective_to > now());
            end loop;
        end if;

        if op = 'deprecate' and coalesce((entry ->> 'retire')::boolean, false) then
            update axis_assignment
            set status = 'retired',
                valid_to = now()
            where axis_code = 'topic'
              and value_code = topic
              and status = 'active';
            update axis_object_ownership
            set lifecycle_status = 'revoked',
                effective_to = coalesce(least(effective_to, now()), now())
            where axis_code = 'topic'
              and value_code = topic
              and lifecycle_status = 'active';
        end if;

        -- A new place in the tree: of the topic itself when it is ratified there, of the children when it
        -- is merged. The whole subtree moves in one statement, because its levels move with it.
        if op = 'merge' or (op = 'ratify' and (entry ->> 'move')::boolean) then
            with recursive place as (
                select v.value_code,
                       case op when 'merge' then entry ->> 'into' else entry ->> 'parent' end as parent,
                       coalesce((
                           select p.level
                           from axis_value as p
                           where p.axis_code = 'topic'
                             and p.value_code = case op when 'merge' then entry ->> 'into' else entry ->> 'parent' end
                       ), 0)::smallint as parent_level,
                       (op = 'merge' or entry ->> 'parent' is not null) as has_parent
                from axis_value as v
                where v.axis_code = 'topic'
                  and case op when 'merge' then v.parent_value_code = topic else v.value_code = topic end
                union all
                select v.value_code,
                       p.value_code,
                       (case when p.has_parent then p.parent_level + 1 else 0 end)::smallint,
                       true
                from place as p
                join axis_value as v
                  on v.axis_code = 'topic'
                 and v.parent_value_code = p.value_code
            )
            update axis_value as v
            set parent_value_code = p.parent,
                parent_level = p.parent_level
            from place as p
            where v.axis_code = 'topic'
              and v.value_code = p.value_code;
        end if;

        if op in ('deprecate', 'merge') then
            update axis_value as v
            set status = 'deprecated',
                provenance = v.provenance
                    || jsonb_strip_nulls(jsonb_build_object('merged_into', entry ->> 'into'))
                    || jsonb_build_object('transitions', v.provenance -> 'transitions' || jsonb_build_object(
                        'from', 'active',
                        'to', 'deprecated',
                        'at', at_utc,
                        'by', entry ->> 'by',
                        'reason', entry ->> 'reason',
                        'approval_ref', entry ->> 'approval_ref'))
            where v.axis_code = 'topic'
              and v.value_code = topic;
        end if;
    end loop;
end
$topics$;
