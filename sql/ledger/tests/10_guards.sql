-- Twin of code/10_guards.sql: what was written stays, in replica mode as well.
-- Runs in a transaction that is rolled back, on an adopted database, as a superuser.
do $twin$
declare
    attempt text;
    mode    text;
begin
    foreach mode in array array['origin', 'replica'] loop
        perform set_config('session_replication_role', mode, true);
        foreach attempt in array array[
            'update oneroof.entry set operator = ''somebody else''',
            'delete from oneroof.entry',
            'truncate oneroof.entry',
            'update oneroof.policy set body = ''{}''',
            'delete from oneroof.policy',
            'truncate oneroof.policy',
            'delete from oneroof.schema_version',
            'truncate oneroof.schema_version',
            'update oneroof.target set genesis = repeat(''0'', 64)',
            'delete from oneroof.target',
            'truncate oneroof.target']
        loop
            begin
                if attempt like '%policy%' and attempt not like 'truncate%' and not exists (select from oneroof.policy) then
                    continue;
                end if;
                execute attempt;
                raise exception 'admitted in mode %: %', mode, attempt;
            exception when sqlstate 'OR001' then null;
            end;
        end loop;
    end loop;
end
$twin$;
