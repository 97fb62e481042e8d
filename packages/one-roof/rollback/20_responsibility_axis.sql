-- R2: back to the state after T1: no rule, values, axis of responsibility.

do $precondition$
declare
    anchors bigint;
begin
    select count(*) into anchors
    from governance_object_ownership o
    where o.created_by = current_setting('oneroof.release_tag');
    if anchors <> 0 then
        raise exception 'ROLLBACK REFUSED: T3 is not rolled back: % ownership row(s) of this release', anchors;
    end if;
end
$precondition$;

delete from coverage_rule
where axis_code = 'responsibility'
  and created_by = current_setting('oneroof.release_tag');

delete from axis_value
where axis_code = 'responsibility'
  and created_by = current_setting('oneroof.release_tag');

delete from axis_registry
where axis_code = 'responsibility'
  and created_by = current_setting('oneroof.release_tag');
