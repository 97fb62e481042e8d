-- What was written stays: no update, no delete, no truncate, not even in replica mode.
-- `enable always` fires the triggers under session_replication_role = replica as well.
create or replace function oneroof.refuse_change()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    raise exception 'oneroof: % on %.% refused, our records are append-only', lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'OR001',
              hint    = 'write a new entry that corrects the old one: select * from oneroof.append(''note'', …)';
end
$function$;
comment on function oneroof.refuse_change() is 'Trigger: refuses update, delete and truncate of our records.';

-- The class may be changed by the owner's hand (a sealed fixture becomes a production), the identity never.
create or replace function oneroof.keep_target()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if (new.singleton, new.genesis, new.adopted_at, new.adopted_by)
        is distinct from (old.singleton, old.genesis, old.adopted_at, old.adopted_by) then
        raise exception 'oneroof: update on oneroof.target refused, the identity of an adopted database never changes'
            using errcode = 'OR001';
    end if;
    return new;
end
$function$;
comment on function oneroof.keep_target() is 'Trigger: genesis, adopted_at and adopted_by of the target never change.';

create or replace trigger entry_stays           before update or delete on oneroof.entry          for each row       execute function oneroof.refuse_change();
create or replace trigger entry_stays_whole     before truncate         on oneroof.entry          for each statement execute function oneroof.refuse_change();
create or replace trigger policy_stays          before update or delete on oneroof.policy         for each row       execute function oneroof.refuse_change();
create or replace trigger policy_stays_whole    before truncate         on oneroof.policy         for each statement execute function oneroof.refuse_change();
create or replace trigger version_stays         before update or delete on oneroof.schema_version for each row       execute function oneroof.refuse_change();
create or replace trigger version_stays_whole   before truncate         on oneroof.schema_version for each statement execute function oneroof.refuse_change();
create or replace trigger target_stays          before delete           on oneroof.target         for each row       execute function oneroof.refuse_change();
create or replace trigger target_stays_whole    before truncate         on oneroof.target         for each statement execute function oneroof.refuse_change();
create or replace trigger target_keeps_identity before update           on oneroof.target         for each row       execute function oneroof.keep_target();

alter table oneroof.entry          enable always trigger entry_stays;
alter table oneroof.entry          enable always trigger entry_stays_whole;
alter table oneroof.policy         enable always trigger policy_stays;
alter table oneroof.policy         enable always trigger policy_stays_whole;
alter table oneroof.schema_version enable always trigger version_stays;
alter table oneroof.schema_version enable always trigger version_stays_whole;
alter table oneroof.target         enable always trigger target_stays;
alter table oneroof.target         enable always trigger target_stays_whole;
alter table oneroof.target         enable always trigger target_keeps_identity;
