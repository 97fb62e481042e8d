-- Area decisions: differences between topic and label that somebody accepts, or no longer accepts.
--
-- decide   {op, coll, topic, kind, fingerprint, rationale, by, approval_ref, supersedes}
-- withdraw {op, id}

do $decisions$
declare
    tag   constant text := current_setting('oneroof.release_tag');
    entry jsonb;
    seen  record;
begin
    for entry in
        select e.entry
        from jsonb_array_elements(nullif(current_setting('oneroof.change', true), '')::jsonb -> 'decisions')
             with ordinality as e (entry, position)
        order by e.position
    loop
        if entry ->> 'op' = 'withdraw' then
            update topic_label_reconcile_decision
            set status = 'withdrawn'
            where decision_id = (entry ->> 'id')::bigint
              and status = 'active';
            if not found then
                raise exception 'DECISIONS ABORT: decision % is no longer active', entry ->> 'id';
            end if;
            continue;
        end if;

        select r.evidence_fingerprint, r.flag into seen
        from v_reconcile_collection_topic_vs_label as r
        where r.coll = entry ->> 'coll'
          and r.topic_value = entry ->> 'topic';
        if seen.evidence_fingerprint is distinct from entry ->> 'fingerprint' then
            raise exception 'DECISIONS ABORT: the facts of % and % are no longer those that were decided on (% now)',
                entry ->> 'coll', entry ->> 'topic', coalesce(seen.evidence_fingerprint, 'gone');
        end if;

        update topic_label_reconcile_decision
        set status = 'superseded'
        where decision_id = (entry ->> 'supersedes')::bigint
          and status = 'active';

        insert into topic_label_reconcile_decision (
            coll, topic_value, decision_kind, rationale, evidence_fingerprint, decided_by, approval_ref, tag)
        values (
            entry ->> 'coll',
            entry ->> 'topic',
            entry ->> 'kind',
            entry ->> 'rationale',
            entry ->> 'fingerprint',
            entry ->> 'by',
            entry ->> 'approval_ref',
            tag);

        -- A decision that does not fit its facts is stored, but counts for nothing: then it may not stay.
        select r.evidence_fingerprint, r.flag into seen
        from v_reconcile_collection_topic_vs_label as r
        where r.coll = entry ->> 'coll'
          and r.topic_value = entry ->> 'topic';
        if seen.flag is distinct from 'reconciled_' || (entry ->> 'kind') then
            raise exception 'DECISIONS ABORT: % does not fit % and %, which are %',
                entry ->> 'kind', entry ->> 'coll', entry ->> 'topic', seen.flag;
        end if;
    end loop;
end
$decisions$;
