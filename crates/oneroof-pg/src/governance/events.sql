-- The event log as CloudEvents 1.0: required attributes, then optional ones, then extensions, whose names are
-- lower-case letters and digits. An attribute without a value is left out, as the specification asks for.
select
    jsonb_strip_nulls(jsonb_build_object(
        'specversion',     '1.0',
        'id',              e.event_id::text,
        'source',          $1::text,
        'type',            'oneroof.' || e.event_domain || '.' || e.event_type,
        'subject',         e.canonical_address,
        'time',            to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'datacontenttype', 'application/json',
        'severity',        e.event_severity,
        'stream',          e.event_stream,
        'deliverylane',    e.delivery_lane,
        'actor',           e.actor_ref,
        'sourcesystem',    e.source_system,
        'subjecttable',    e.event_subject_table,
        'subjectref',      e.event_subject_ref,
        'scanid',          e.scan_id::text,
        'emittable',       e.emittable,
        'blockedreason',   e.blocked_reason
    ))
    || jsonb_build_object('data', e.safe_payload)
from governance_event_log as e
where ($2::bigint is null or e.event_id > $2)
  and ($3::text is null or e.occurred_at >= $3::text::timestamptz)
order by e.event_id
