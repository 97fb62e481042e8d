-- Twin of code/20_append.sql: one door, and what comes through it is chained.
-- Runs in a transaction that is rolled back, on an adopted database, as a superuser.
create role oneroof_twin_apply nologin;
grant usage on schema oneroof to oneroof_twin_apply;
grant select on oneroof.entry, oneroof.target to oneroof_twin_apply;
grant execute on function oneroof.append(text, jsonb) to oneroof_twin_apply;
create role oneroof_twin_stranger nologin;
grant usage on schema oneroof to oneroof_twin_stranger;

do $twin$
declare
    before oneroof.entry;
    after  oneroof.entry;
    attempt text;
begin
    select * into strict before from oneroof.entry order by seq desc limit 1;

    set local role oneroof_twin_apply;
    perform oneroof.append('note', '{"run_id": "r1", "tier": "t1", "statement": 7, "engine_version": "0.0.0", "text": "ünïcode"}');
    foreach attempt in array array[
        format('insert into oneroof.entry select seq + 1, at, kind, run_id, package_digest, params_digest, tier, statement, body, operator, engine_version, hash, %L from oneroof.entry order by seq desc limit 1', repeat('a', 64)),
        'update oneroof.entry set operator = ''somebody else''',
        'delete from oneroof.entry',
        'truncate oneroof.entry',
        'insert into oneroof.policy (version, body, digest) values (1000, ''{}'', '''')',
        'update oneroof.target set class = ''scratch''',
        'alter table oneroof.entry disable trigger all',
        'create table oneroof.mine ()']
    loop
        begin
            execute attempt;
            raise exception 'the apply role was admitted: %', attempt;
        exception when insufficient_privilege then null;
        end;
    end loop;
    foreach attempt in array array[
        'select oneroof.append(''made up'', ''{}'')',
        'select oneroof.append(''note'', ''[]'')',
        'select oneroof.append(''note'', null)',
        'select oneroof.append(''adopted'', ''{}'')']
    loop
        begin
            execute attempt;
            raise exception 'append admitted: %', attempt;
        exception when check_violation or invalid_parameter_value then null;
        end;
    end loop;

    set local role oneroof_twin_stranger;
    begin
        perform oneroof.append('note', '{}');
        raise exception 'append was admitted without execute';
    exception when insufficient_privilege then null;
    end;
    reset role;

    select * into strict after from oneroof.entry order by seq desc limit 1;
    if (after.seq, after.prev_hash) is distinct from (before.seq + 1, before.hash) then
        raise exception 'the entry is not chained to the one before';
    end if;
    if (after.run_id, after.tier, after.statement, after.engine_version, after.operator)
        is distinct from ('r1', 't1', '7', '0.0.0', session_user::text) then
        raise exception 'columns do not come from the body: %', after;
    end if;
    if after.hash <> encode(sha256(convert_to(oneroof.canonical_entry(after), 'UTF8')), 'hex') then
        raise exception 'the hash is not the hash of the canonical text';
    end if;
    if exists (select from oneroof.verify(after.hash)) then
        raise exception 'the chain is not whole after honest appends';
    end if;
end
$twin$;
