-- T2 responsibility axis: the scopes of the base become the values of an axis, and one rule asks for
-- an owner in every cell. No ownership yet: the axis must show exactly the gap that the base shows.

insert into axis_registry (axis_code, axis_name, axis_family, axis_kind, value_domain, status, lifecycle_status, created_by)
values ('responsibility', 'Responsibility', 'system', 'system', 'governance_responsibility_scope', 'active', 'active',
        current_setting('oneroof.release_tag'));

insert into axis_value (axis_code, value_code, value_name, status, provenance, created_by)
select 'responsibility',
       s.scope_code,
       s.scope_code,
       'active',
       jsonb_build_object(
           'kind', 'scope_registered',
           'transitions', jsonb_build_array(jsonb_build_object(
               'from',         null,
               'to',           'active',
               'at',           to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
               'by',           current_setting('oneroof.release_tag'),
               'reason',       'active scope of governance_responsibility_scope',
               'approval_ref', current_setting('oneroof.ratified_approval')))),
       current_setting('oneroof.release_tag')
from governance_responsibility_scope s
where s.status = 'active'
order by s.sort, s.scope_code;

insert into coverage_rule (rule_code, axis_code, applies_to, coverage_mode, confidence_threshold, staleness_days, required_owner_kind, status, created_by)
values ('CR-RESP-ALL', 'responsibility', 'collection', 'cross_product', null, 0, 'accountable', 'active',
        current_setting('oneroof.release_tag'));

do $assert$
declare
    required   bigint;
    expected   bigint;
    difference bigint;
begin
    select count(*) into required
    from v_axis_required_cell c
    where c.axis_code = 'responsibility';

    select (select count(*) from v_governance_object_inventory i where i.born and i.requires_owner)
         * (select count(*) from governance_responsibility_scope s where s.status = 'active')
    into expected;

    if required <> expected then
        raise exception 'T2 ABORT: required=% but inventory*scopes=%', required, expected;
    end if;

    -- Equal numbers could hide different cells, so the two gaps are compared as sets.
    select count(*) into difference
    from (
        select g.object_type, g.object_ref, g.value_code
        from v_axis_coverage_gap g
        where g.axis_code = 'responsibility'
    ) generalized
    full join (
        select g.object_type, g.object_ref, g.scope
        from v_object_owner_gap g
    ) canonical
      on canonical.object_type = generalized.object_type
     and canonical.object_ref = generalized.object_ref
     and canonical.scope = generalized.value_code
    where generalized.object_ref is null
       or canonical.object_ref is null;

    if difference <> 0 then
        raise exception 'T2 ABORT: generalized and canonical gap differ in % cells', difference;
    end if;
end
$assert$;
