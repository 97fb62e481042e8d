-- Twin of code/30_verify.sql: what a superuser does behind the triggers shows.
-- Runs in a transaction that is rolled back, on an adopted database, as a superuser.
do $twin$
declare
    newest text;
begin
    perform oneroof.append('note', '{"n": 1}');
    perform oneroof.append('note', '{"n": 2}');
    perform oneroof.append('note', '{"n": 3}');
    select hash into strict newest from oneroof.entry order by seq desc limit 1;
    if exists (select from oneroof.verify(newest)) then
        raise exception 'a whole chain has faults';
    end if;
    alter table oneroof.entry disable trigger entry_stays;

    begin
        update oneroof.entry set body = '{"n": 20}' where body = '{"n": 2}';
        if not exists (select from oneroof.verify() where fault like 'changed:%') then
            raise exception 'a changed entry did not show';
        end if;
        raise exception using errcode = 'OR999';
    exception when sqlstate 'OR999' then null;
    end;

    begin
        delete from oneroof.entry where body = '{"n": 2}';
        if not exists (select from oneroof.verify() where fault like 'missing:%') then
            raise exception 'a missing entry did not show';
        end if;
        raise exception using errcode = 'OR999';
    exception when sqlstate 'OR999' then null;
    end;

    begin
        update oneroof.entry set seq = seq + 1000 where body = '{"n": 2}';
        update oneroof.entry set seq = seq - 1    where body = '{"n": 3}';
        update oneroof.entry set seq = seq - 999  where body = '{"n": 2}';
        if not exists (select from oneroof.verify() where fault like 'reordered:%') then
            raise exception 'reordered entries did not show';
        end if;
        raise exception using errcode = 'OR999';
    exception when sqlstate 'OR999' then null;
    end;

    begin
        delete from oneroof.entry where body = '{"n": 3}';
        if exists (select from oneroof.verify()) then
            raise exception 'a tail that was cut shows without a known hash: this twin no longer tests anything';
        end if;
        if not exists (select from oneroof.verify(newest) where fault like '%tail%') then
            raise exception 'a tail that was cut off did not show';
        end if;
        raise exception using errcode = 'OR999';
    exception when sqlstate 'OR999' then null;
    end;
end
$twin$;
