-- Twin of migrations/0002_statement_marks.sql. Runs in a transaction that is rolled back, on an adopted database, as a superuser.
do $twin$
declare
    mark text;
begin
    foreach mark in array array['tier_started', 'statement_started', 'statement_done', 'batch_done'] loop
        perform oneroof.append(mark, '{"tier": "a", "number": 1}');
    end loop;
    begin
        perform oneroof.append('statement_forgotten', '{}');
        raise exception 'an unknown kind was admitted';
    exception when check_violation then null;
    end;
end
$twin$;
