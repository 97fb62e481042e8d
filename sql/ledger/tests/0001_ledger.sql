-- Twin of migrations/0001_ledger.sql. Runs in a transaction that is rolled back, on an adopted database, as a superuser.
do $twin$
declare
    missing text;
begin
    select string_agg(relname, ', ') into missing
      from unnest(array['entry', 'target', 'policy', 'schema_version']) as expected (relname)
     where to_regclass('oneroof.' || relname) is null;
    if missing is not null then
        raise exception 'tables are missing: %', missing;
    end if;

    select string_agg(c.relname, ', ') into missing
      from pg_class as c
     where c.relnamespace = 'oneroof'::regnamespace and c.relowner <> 'oneroof_ledger'::regrole;
    if missing is not null then
        raise exception 'not owned by oneroof_ledger: %', missing;
    end if;

    select string_agg(c.relname || coalesce('.' || a.attname, ''), ', ') into missing
      from pg_class as c
      left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'oneroof'::regnamespace
       and c.relkind in ('r', 'v')
       and (obj_description(c.oid, 'pg_class') is null or col_description(c.oid, a.attnum) is null);
    if missing is not null then
        raise exception 'without a comment: %', missing;
    end if;

    if (select rolcanlogin or rolsuper from pg_roles where rolname = 'oneroof_ledger') then
        raise exception 'oneroof_ledger can log in or is a superuser';
    end if;
    if (select count(*) from oneroof.target) <> 1 then
        raise exception 'the target is not one row';
    end if;
    begin
        insert into oneroof.target (singleton, class, genesis) values (false, 'production', repeat('0', 64));
        raise exception 'a second target was admitted';
    exception when check_violation then null;
    end;
    begin
        insert into oneroof.policy (version, body, digest) values (1000, '{}', repeat('0', 64));
        raise exception 'a policy with a wrong digest was admitted';
    exception when check_violation then null;
    end;
end
$twin$;
