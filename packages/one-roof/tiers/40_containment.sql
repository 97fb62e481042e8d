-- T4 containment: the groups become the values of an axis, every born object is assigned to its group,
-- and the cell belongs to whoever effectively owns one scope of the object (containment_owner_scope).

insert into axis_registry (axis_code, axis_name, axis_family, axis_kind, value_domain, owner_scope_ref, status, lifecycle_status, created_by)
values ('containment', 'Containment', 'structural', 'deterministic', 'v_governance_object_containment',
        current_setting('oneroof.containment_owner_scope'), 'active', 'active',
        current_setting('oneroof.release_tag'));

insert into axis_value (axis_code, value_code, value_name, status, provenance, created_by)
select 'containment',
       c.container,
       c.container,
       'active',
       jsonb_build_object(
           'kind', 'container_registered',
           'transitions', jsonb_build_array(jsonb_build_object(
               'from',         null,
               'to',           'active',
               'at',           to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
               'by',           current_setting('oneroof.release_tag'),
               'reason',       'group of v_governance_object_containment',
               'approval_ref', current_setting('oneroof.ratified_approval')))),
       current_setting('oneroof.release_tag')
from (
    select distinct e.parent_ref as container
    from v_governance_object_containment e
    where e.parent_type = 'group'
      and e.parent_ref is not null
) c
order by c.container;

insert into coverage_rule (rule_code, axis_code, applies_to, coverage_mode, confidence_threshold, staleness_days, required_owner_kind, status, created_by)
values ('CR-CONTAIN-ASSIGNED', 'containment', 'collection', 'per_assignment', 0.5, 0, 'accountable', 'active',
        current_setting('oneroof.release_tag'));

insert into axis_assignment (object_type, object_ref, axis_code, value_code, zone, confidence, provenance, assigned_kind, created_by)
select i.object_type,
       i.object_ref,
       'containment',
       e.parent_ref,
       'approved',
       1.0,
       jsonb_build_object('kind', 'containment'),
       'rule',
       current_setting('oneroof.release_tag')
from v_governance_object_inventory i
join v_governance_object_containment e
  on e.object_type = i.object_type
 and e.object_ref = i.object_ref
 and e.parent_type = 'group'
where i.born
  and i.requires_owner
order by i.object_type, i.object_ref;

-- Assignment and owner of an object meet by grouping, not by a join: the planner knows nothing yet about
-- the rows of this transaction, and a nested loop over the recursive owner view would be slow.
insert into axis_object_ownership (object_type, object_ref, axis_code, value_code, owner_gov_code, owner_kind, provenance, lifecycle_status, created_by)
select o.object_type,
       o.object_ref,
       'containment',
       o.value_code,
       o.owner_gov_code,
       'accountable',
       jsonb_build_object('kind', 'derived', 'scope', current_setting('oneroof.containment_owner_scope')),
       'active',
       current_setting('oneroof.release_tag')
from (
    select x.object_type,
           x.object_ref,
           max(x.value_code)     as value_code,
           max(x.owner_gov_code) as owner_gov_code
    from (
        select s.object_type, s.object_ref, s.value_code, null::text as owner_gov_code
        from axis_assignment s
        where s.axis_code = 'containment'
          and s.status = 'active'
        union all
        select e.object_type, e.object_ref, null, e.owner_gov_code
        from v_object_effective_owner e
        where e.scope = current_setting('oneroof.containment_owner_scope')
          and e.owner_kind = 'accountable'
    ) x
    group by x.object_type, x.object_ref
) o
where o.value_code is not null
  and o.owner_gov_code is not null
order by o.object_type, o.object_ref;

do $assert$
declare
    required bigint;
    expected bigint;
    gap      bigint;
    missing  text;
begin
    select count(*) into required
    from v_axis_required_cell c
    where c.axis_code = 'containment';

    select count(*) into expected
    from v_governance_object_inventory i
    where i.born
      and i.requires_owner;

    if required <> expected then
        raise exception 'T4 ABORT: required=% but inventory=%', required, expected;
    end if;

    select count(*) into gap
    from v_axis_coverage_gap g
    where g.axis_code = 'containment';
    if gap <> 0 then
        raise exception 'T4 ABORT: containment gap=%, expected 0', gap;
    end if;

    select string_agg(m.object_ref || ' ' || m.reason, ', ' order by m.object_ref) into missing
    from v_axis_missing_assignment m
    where m.axis_code = 'containment';
    if missing is not null then
        raise exception 'T4 ABORT: assignments that do not fit: %', missing;
    end if;
end
$assert$;
