-- R4: back to the state after T3: no containment ownership, assignments, rule, values, axis.

do $precondition$
begin
    if exists (select from axis_registry a where a.axis_code = 'topic') then
        raise exception 'ROLLBACK REFUSED: T5 is not rolled back: axis topic is present';
    end if;
end
$precondition$;

delete from axis_object_ownership
where axis_code = 'containment'
  and created_by = current_setting('oneroof.release_tag');

delete from axis_assignment
where axis_code = 'containment'
  and created_by = current_setting('oneroof.release_tag');

delete from coverage_rule
where axis_code = 'containment'
  and created_by = current_setting('oneroof.release_tag');

delete from axis_value
where axis_code = 'containment'
  and created_by = current_setting('oneroof.release_tag');

delete from axis_registry
where axis_code = 'containment'
  and created_by = current_setting('oneroof.release_tag');
