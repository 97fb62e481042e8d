-- R3: back to the state after T2: the anchors of this release go. A later row that supersedes one of
-- them keeps it (23503): that later release has to be rolled back first.

do $precondition$
begin
    if exists (select from axis_registry a where a.axis_code = 'containment') then
        raise exception 'ROLLBACK REFUSED: T4 is not rolled back: axis containment is present';
    end if;
end
$precondition$;

delete from governance_object_ownership
where created_by = current_setting('oneroof.release_tag');
