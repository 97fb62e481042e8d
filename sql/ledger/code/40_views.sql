-- Views over the ledger. Dropped and rebuilt at every adopt; grants.sql gives them back to who may read the ledger.
drop view if exists oneroof.run, oneroof.tier, oneroof.object, oneroof.row_key, oneroof.approval_use;

create view oneroof.run as
select e.run_id,
       min(e.package_digest)                                      as package_digest,
       min(e.params_digest)                                       as params_digest,
       min(e.at)                                                  as started_at,
       max(e.at)                                                  as newest_at,
       min(e.seq)                                                 as first_seq,
       max(e.seq)                                                 as newest_seq,
       (array_agg(e.kind order by e.seq desc)
            filter (where e.kind in ('run_started', 'run_finished', 'run_failed', 'release_rolled_back')))[1] as newest_kind,
       min(e.operator)                                            as operator,
       min(e.engine_version)                                      as engine_version
  from oneroof.entry as e
 where e.run_id is not null
 group by e.run_id;
comment on view   oneroof.run                is 'One row per run that wrote to the ledger.';
comment on column oneroof.run.run_id         is 'Id of the run.';
comment on column oneroof.run.package_digest is 'Package that it ran.';
comment on column oneroof.run.params_digest  is 'Parameters that it ran with.';
comment on column oneroof.run.started_at     is 'Time of its first entry.';
comment on column oneroof.run.newest_at      is 'Time of its newest entry.';
comment on column oneroof.run.first_seq      is 'Its first entry.';
comment on column oneroof.run.newest_seq     is 'Its newest entry.';
comment on column oneroof.run.newest_kind    is 'run_started (running or cut off), run_finished, run_failed or release_rolled_back.';
comment on column oneroof.run.operator       is 'Login that wrote it.';
comment on column oneroof.run.engine_version is 'Version of oneroof.';

create view oneroof.tier as
select a.seq,
       a.at              as applied_at,
       a.run_id,
       a.package_digest,
       a.params_digest,
       a.tier,
       undone.seq        as rolled_back_seq,
       undone.at         as rolled_back_at,
       undone.seq is null as live
  from oneroof.entry as a
  left join lateral (
       select u.seq, u.at
         from oneroof.entry as u
        where u.seq > a.seq
          and u.package_digest is not distinct from a.package_digest
          and (u.kind = 'release_rolled_back' or (u.kind = 'tier_rolled_back' and u.tier is not distinct from a.tier))
        order by u.seq
        limit 1) as undone on true
 where a.kind = 'tier_applied';
comment on view   oneroof.tier                 is 'Every tier that was applied, and whether it was rolled back since.';
comment on column oneroof.tier.seq             is 'Entry tier_applied.';
comment on column oneroof.tier.applied_at      is 'When it was applied.';
comment on column oneroof.tier.run_id          is 'Run that applied it.';
comment on column oneroof.tier.package_digest  is 'Its package.';
comment on column oneroof.tier.params_digest   is 'Its parameters.';
comment on column oneroof.tier.tier            is 'Id of the tier.';
comment on column oneroof.tier.rolled_back_seq is 'Entry that undid it: the next tier_rolled_back of the same package and tier, or release_rolled_back of the package.';
comment on column oneroof.tier.rolled_back_at  is 'When it was undone.';
comment on column oneroof.tier.live            is 'True while nothing undid it.';

create view oneroof.object as
select t.seq,
       t.run_id,
       t.package_digest,
       t.tier,
       item.place::integer          as place,
       item.fact ->> 'action'       as action,
       item.fact ->> 'kind'         as kind,
       item.fact ->> 'identity'     as identity,
       item.fact ->> 'definition_digest' as definition_digest,
       t.live
  from oneroof.tier as t
  join oneroof.entry as e on e.seq = t.seq
 cross join lateral jsonb_array_elements(
           case when jsonb_typeof(e.body -> 'objects') = 'array' then e.body -> 'objects' else '[]' end
       ) with ordinality as item (fact, place);
comment on view   oneroof.object                   is 'Objects that applied tiers created, altered or dropped: body.objects = [{action, kind, identity, definition_digest}].';
comment on column oneroof.object.seq               is 'Entry tier_applied.';
comment on column oneroof.object.run_id            is 'Run that did it.';
comment on column oneroof.object.package_digest    is 'Its package.';
comment on column oneroof.object.tier              is 'Its tier.';
comment on column oneroof.object.place             is 'Place in the list; rollback goes backwards.';
comment on column oneroof.object.action            is 'created, altered or dropped.';
comment on column oneroof.object.kind              is 'Kind of the object, as in the definition digest.';
comment on column oneroof.object.identity          is 'Schema-qualified identity, as in the definition digest.';
comment on column oneroof.object.definition_digest is 'SHA-256 of its definition right after the tier.';
comment on column oneroof.object.live              is 'True while the tier was not rolled back.';

create view oneroof.row_key as
select t.seq,
       t.run_id,
       t.package_digest,
       t.tier,
       item.fact ->> 'table' as table_name,
       key.fact              as key,
       t.live
  from oneroof.tier as t
  join oneroof.entry as e on e.seq = t.seq
 cross join lateral jsonb_array_elements(
           case when jsonb_typeof(e.body -> 'rows') = 'array' then e.body -> 'rows' else '[]' end
       ) as item (fact)
 cross join lateral jsonb_array_elements(
           case when jsonb_typeof(item.fact -> 'keys') = 'array' then item.fact -> 'keys' else '[]' end
       ) as key (fact);
comment on view   oneroof.row_key                is 'Keys of rows that applied tiers inserted into tables that existed before: body.rows = [{table, where, keys: [{column: value}]}].';
comment on column oneroof.row_key.seq            is 'Entry tier_applied.';
comment on column oneroof.row_key.run_id         is 'Run that did it.';
comment on column oneroof.row_key.package_digest is 'Its package.';
comment on column oneroof.row_key.tier           is 'Its tier.';
comment on column oneroof.row_key.table_name     is 'Schema-qualified table.';
comment on column oneroof.row_key.key            is 'Primary key of the row: an object column -> value.';
comment on column oneroof.row_key.live           is 'True while the tier was not rolled back.';

create view oneroof.approval_use as
select e.seq,
       e.at,
       e.run_id,
       e.package_digest,
       e.params_digest,
       item.fact ->> 'digest'   as approval_digest,
       item.fact ->> 'approver' as approver,
       item.fact ->> 'level'    as level,
       item.fact                as approval
  from oneroof.entry as e
 cross join lateral jsonb_array_elements(
           case when jsonb_typeof(e.body -> 'approvals') = 'array' then e.body -> 'approvals' else '[]' end
       ) as item (fact)
 where e.kind = 'approval_used';
comment on view   oneroof.approval_use                 is 'Approvals that were consumed, for good: body.approvals = [{digest, approver, level}] of entries approval_used.';
comment on column oneroof.approval_use.seq             is 'Entry approval_used.';
comment on column oneroof.approval_use.at              is 'When it was consumed.';
comment on column oneroof.approval_use.run_id          is 'Run that consumed it.';
comment on column oneroof.approval_use.package_digest  is 'Package that it was given for.';
comment on column oneroof.approval_use.params_digest   is 'Parameters that it was given for.';
comment on column oneroof.approval_use.approval_digest is 'SHA-256 of the approval.';
comment on column oneroof.approval_use.approver        is 'Who gave it.';
comment on column oneroof.approval_use.level           is 'Level of the approver.';
comment on column oneroof.approval_use.approval        is 'The whole item.';
