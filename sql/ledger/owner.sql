-- The role that owns our records, and their schema. Runs first at every adopt; safe to repeat.
-- Nobody logs in as `oneroof_ledger`: whatever is written goes through `oneroof.append`.
do $owner$
declare
    may_act_for_ledger boolean;
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'oneroof_ledger') then
        begin
            create role oneroof_ledger nologin nosuperuser nocreatedb nocreaterole noreplication;
        exception when duplicate_object or unique_violation then
            null; -- roles belong to the cluster: another database was adopted at this very moment
        end;
    end if;

    -- A DBA of a managed service is no superuser: he becomes a member for this transaction only.
    -- `set role` asks for the set option from 16 on; pg_has_role answers for it there, and for membership before.
    execute pg_catalog.format(
        'select pg_catalog.pg_has_role(current_user, %L, %L)',
        'oneroof_ledger',
        case when pg_catalog.current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end
    ) into may_act_for_ledger;
    if not may_act_for_ledger then
        execute pg_catalog.format('grant oneroof_ledger to %I', current_user);
        perform pg_catalog.set_config('oneroof.adopt_borrowed_role', 'yes', true);
    end if;

    if not exists (select from pg_catalog.pg_namespace where nspname = 'oneroof') then
        create schema oneroof authorization oneroof_ledger;
    elsif (select nspowner <> 'oneroof_ledger'::pg_catalog.regrole from pg_catalog.pg_namespace where nspname = 'oneroof') then
        raise exception 'schema oneroof exists and is not owned by oneroof_ledger'
            using hint = 'rename or drop the foreign schema; oneroof keeps its records under this name';
    end if;
end
$owner$;
