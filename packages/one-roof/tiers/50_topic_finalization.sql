-- T5 topic: A the axis and its values, B map and assignments, C the decisions.
-- The seed is a parameter. The axis gets no coverage rule here: that is a release of its own, later.

-- A. The axis and its values

insert into axis_registry (axis_code, axis_name, axis_family, axis_kind, value_domain, status, lifecycle_status, created_by)
values ('topic', 'Topic', 'label', 'uncertain', 'governed topics', 'active', 'active',
        current_setting('oneroof.release_tag'));

do $values$
declare
    tag      constant text := current_setting('oneroof.release_tag');
    approval constant text := current_setting('oneroof.ratified_approval');
    at_utc   constant text := to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    listed   bigint;
    placed   bigint := 0;
    item     record;
begin
    select count(*) into listed
    from jsonb_to_recordset(nullif(current_setting('oneroof.topic_seed', true), '')::jsonb -> 'values')
         as v (value text);

    -- Parents first. A value that is ratified in this tier counts at the place it ends in, so that
    -- its own children find it there.
    for item in
        with recursive seed as (
            select v.value,
                   v.name,
                   v.parent,
                   v.kind,
                   v.op,
                   v.split_of,
                   v.ratify,
                   case when v.ratify is null then v.parent else v.ratify ->> 'parent' end as last_parent
            from jsonb_to_recordset(nullif(current_setting('oneroof.topic_seed', true), '')::jsonb -> 'values')
                 as v (value text, name text, parent text, kind text, op text, split_of text, ratify jsonb)
        ), placed as (
            select s.*, 0 as depth, array[s.value] as path
            from seed s
            where s.last_parent is null
            union all
            select s.*, p.depth + 1, p.path || s.value
            from placed p
            join seed s
              on s.last_parent = p.value
             and s.value <> all (p.path)
        )
        select p.*
        from placed p
        order by p.depth, p.value
    loop
        insert into axis_value (axis_code, value_code, value_name, parent_value_code, parent_level, status, provenance, created_by)
        select 'topic',
               item.value,
               coalesce(item.name, initcap(replace(item.value, '-', ' '))),
               first.parent,
               coalesce((select p.level from axis_value p where p.axis_code = 'topic' and p.value_code = first.parent), 0),
               first.status,
               jsonb_strip_nulls(jsonb_build_object(
                   'kind',     item.kind,
                   'op',       item.op,
                   'split_of', item.split_of,
                   'basis',    case when item.kind = 'kg_provisional' then 'graph_inference' end))
               || jsonb_build_object('transitions', jsonb_build_array(jsonb_build_object(
                   'from',         null,
                   'to',           first.status,
                   'at',           at_utc,
                   'by',           tag,
                   'reason',       'topic seed',
                   'approval_ref', approval))),
               tag
        from (
            -- what a machine proposed, or what is ratified below, is born as a candidate
            select case when item.kind = 'kg_provisional' or item.ratify is not null then 'candidate' else 'active' end as status,
                   case when item.ratify is null then item.parent end as parent
        ) first;
        placed := placed + 1;

        if item.ratify is not null then
            update axis_value v
            set parent_value_code = item.last_parent,
                parent_level = coalesce((select p.level from axis_value p where p.axis_code = 'topic' and p.value_code = item.last_parent), 0),
                status = 'active',
                provenance = v.provenance || jsonb_build_object(
                    'kind',         case item.kind when 'kg_provisional' then 'kg_ratified' else item.kind end,
                    'prior_kind',   item.kind,
                    'ratified_by',  item.ratify ->> 'by',
                    'approval_ref', approval,
                    'lane',         'governance',
                    'transitions',  v.provenance -> 'transitions' || jsonb_build_object(
                        'from',         'candidate',
                        'to',           'active',
                        'at',           at_utc,
                        'by',           item.ratify ->> 'by',
                        'reason',       'ratified',
                        'approval_ref', approval))
            where v.axis_code = 'topic'
              and v.value_code = item.value;
        end if;
    end loop;

    if placed <> coalesce(listed, 0) then
        raise exception 'T5 ABORT: % of % topic values have a place in the tree; a parent is missing, double or below itself', placed, listed;
    end if;
end
$values$;

-- B. Map and assignments

insert into topic_taxonomy_map (value_code, label_code, map_kind, created_by)
select m.value,
       m.label,
       m.map_kind,
       current_setting('oneroof.release_tag')
from jsonb_to_recordset(nullif(current_setting('oneroof.topic_seed', true), '')::jsonb -> 'map')
     as m (value text, label text, map_kind text);

insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, confidence, provenance, assigned_kind, created_by)
select 'collection',
       a.collection,
       'topic',
       a.value,
       a.zone,
       a.confidence,
       -- without provenance there is only quarantine
       case when a.zone <> 'quarantine' then jsonb_build_object('kind', 'topic_seed') end,
       a.kind,
       current_setting('oneroof.release_tag')
from jsonb_to_recordset(nullif(current_setting('oneroof.topic_seed', true), '')::jsonb -> 'assign')
     as a (collection text, value text, zone text, confidence numeric, kind text);

-- C. Decisions, derived from what the view shows, never copied from somewhere else

insert into topic_label_reconcile_decision (coll, topic_value, decision_kind, rationale, evidence_fingerprint, decided_by, approval_ref, tag)
select d.coll,
       d.topic_value,
       d.decision_kind,
       format('%s: topic labels %s; rule labels %s',
              d.base_flag,
              coalesce(nullif(array_to_string(d.topic_labels, ', '), ''), 'none'),
              coalesce(nullif(array_to_string(d.rule_labels, ', '), ''), 'none')),
       d.evidence_fingerprint,
       'release',
       current_setting('oneroof.ratified_approval'),
       current_setting('oneroof.release_tag')
from (
    select c.*,
           case
               when c.zone = 'quarantine' and c.base_flag <> 'divergent' then 'accept_quarantine_hold'
               when c.base_flag = 'orthogonal_facet'                     then 'accept_orthogonal_facet'
               when c.base_flag = 'no_label_rule' and c.has_owner        then 'accept_projection_pending'
           end as decision_kind
    from (
        select r.coll, r.topic_value, r.zone, r.has_owner, r.topic_labels, r.rule_labels, r.base_flag, r.evidence_fingerprint
        from v_reconcile_collection_topic_vs_label r
        where r.decision_id is null
    ) c
) d
where d.decision_kind is not null
order by d.coll, d.topic_value;

do $assert$
declare
    divergent bigint;
    unprojected bigint;
begin
    select s.divergent_collections, s.projection_gaps into divergent, unprojected
    from v_reconcile_summary s;

    if divergent <> 0 then
        raise exception 'T5 ABORT: divergent=%, expected 0', divergent;
    end if;
    if unprojected <> 0 then
        raise exception 'T5 ABORT: projection_gap=%, expected 0', unprojected;
    end if;
end
$assert$;
