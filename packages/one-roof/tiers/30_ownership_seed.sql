-- T3 ownership seed: one anchor for each container and active scope. Members inherit from it.
-- These are the only rows that the release writes outside its own eleven tables.
-- The most specific entry of the owner matrix decides: (container, scope), (container), ('*', scope), ('*').

insert into governance_object_ownership (
    object_type, object_ref, scope, owner_kind, owner_gov_code, is_inherited_anchor,
    effective_from, lifecycle_status, approval_ref, created_by)
select 'group',
       c.container,
       s.scope_code,
       'accountable',
       m.owner,
       true,
       now(),
       'active',
       current_setting('oneroof.ratified_approval'),
       current_setting('oneroof.release_tag')
from (
    select distinct e.parent_ref as container
    from v_governance_object_containment e
    where e.parent_type = 'group'
      and e.parent_ref is not null
) c
cross join governance_responsibility_scope s
cross join lateral (
    select x.owner
    from jsonb_to_recordset(nullif(current_setting('oneroof.owner_matrix', true), '')::jsonb)
         as x (container text, owner text, scope text)
    where x.container in (c.container, '*')
      and (x.scope is null or x.scope = s.scope_code)
    order by (x.container = '*'), (x.scope is null)
    limit 1
) m
where s.status = 'active'
order by c.container, s.sort, s.scope_code;

do $assert$
declare
    created  bigint;
    expected bigint;
    gap      bigint;
    conflict bigint;
    events   bigint;
    drafts   text;
begin
    select count(*) into created
    from governance_object_ownership o
    where o.created_by = current_setting('oneroof.release_tag');

    select (select count(distinct e.parent_ref) from v_governance_object_containment e where e.parent_type = 'group')
         * (select count(*) from governance_responsibility_scope s where s.status = 'active')
    into expected;

    if created <> expected then
        raise exception 'T3 ABORT: new=% but containers*scopes=%', created, expected;
    end if;

    select count(*) into gap from v_object_owner_gap;
    if gap <> 0 then
        raise exception 'T3 ABORT: gap=%, expected 0', gap;
    end if;

    select count(*) into conflict from v_object_owner_conflict;
    if conflict <> 0 then
        raise exception 'T3 ABORT: conflict=%, expected 0', conflict;
    end if;

    select count(*) into events from event_outbox e where e.event_domain = 'governance';
    if events <> 0 then
        raise exception 'T3 ABORT: governance outbox=%, expected 0', events;
    end if;

    select string_agg(distinct g.code || ' ' || g.status, ', ') into drafts
    from governance_object_ownership o
    join governance_registry g on g.code = o.owner_gov_code
    where o.created_by = current_setting('oneroof.release_tag')
      and g.status <> 'active'
      and not coalesce(nullif(current_setting('oneroof.accept_draft_owners', true), '')::jsonb ? g.code, false);
    if drafts is not null then
        raise exception 'T3 ABORT: owner not active: %', drafts;
    end if;
end
$assert$;
