-- Target row, policy and first entry. Values come from the settings oneroof.adopt_* of this transaction.
-- A second adopt changes nothing here, but installs a policy that differs from the one that holds.
insert into oneroof.target (class, genesis)
select pg_catalog.current_setting('oneroof.adopt_class'),
       pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.gen_random_uuid()::text, 'UTF8')), 'hex')
 where not exists (select from oneroof.target);

do $adopt$
declare
    target   oneroof.target;
    policy   jsonb := nullif(pg_catalog.current_setting('oneroof.adopt_policy', true), '')::jsonb;
    holding  oneroof.policy;
    entry    jsonb := pg_catalog.jsonb_build_object('engine_version', pg_catalog.current_setting('oneroof.adopt_engine_version'));
    adopted  boolean := exists (select from oneroof.entry);
begin
    select * into strict target from oneroof.target;
    if target.class <> pg_catalog.current_setting('oneroof.adopt_class') then
        raise exception 'oneroof: this database was adopted as %, not as %', target.class, pg_catalog.current_setting('oneroof.adopt_class')
            using errcode = 'OR002',
                  hint    = 'adopt it under the class that it has';
    end if;

    select * into holding from oneroof.policy order by version desc limit 1;
    policy := policy || pg_catalog.jsonb_build_object('class', target.class);
    if policy is not null and policy is distinct from holding.body then
        insert into oneroof.policy (version, body, digest)
        values (coalesce(holding.version, 0) + 1,
                policy,
                pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(policy::text, 'UTF8')), 'hex'))
        returning * into holding;
        if adopted then
            perform oneroof.append('note', entry || pg_catalog.jsonb_build_object(
                'what', 'policy installed', 'policy_version', holding.version, 'policy_digest', holding.digest));
        end if;
    end if;

    if not adopted then
        perform oneroof.append('adopted', entry || pg_catalog.jsonb_build_object(
            'class', target.class, 'genesis', target.genesis, 'database', pg_catalog.current_database(),
            'policy_version', holding.version, 'policy_digest', holding.digest));
    end if;
end
$adopt$;
