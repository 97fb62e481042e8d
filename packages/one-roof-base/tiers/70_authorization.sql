-- Authorization of single build steps by the approvals of the application (approval_spine = application).
-- Nothing is trusted as written: the view asks for quorum and signature again each time.

create table governance_build_authorization (
    auth_code                text        not null,
    step                     text        not null,
    request_ref              text        not null,
    approval_ref             jsonb,
    package_digest           text,
    target_database          text,
    risk_level               text        not null,
    status                   text        not null default 'pending',
    requires_sovereign_esign boolean     not null default false,
    granted_by               text,
    granted_at               timestamptz,
    expires_at               timestamptz,
    consumed_at              timestamptz,
    consumed_by              text,
    revoked_at               timestamptz,
    revoked_by               text,
    constraint governance_build_authorization_pkey primary key (auth_code),
    constraint governance_build_authorization_request_exists
        foreign key (request_ref) references public.approval_requests (code),
    constraint governance_build_authorization_risk_known
        check ((risk_level in ('low', 'medium', 'high')) is true),
    constraint governance_build_authorization_status_known
        check ((status in ('pending', 'granted', 'consumed', 'revoked')) is true),
    constraint governance_build_authorization_expires_after_grant
        check (expires_at is null or (granted_at < expires_at) is true),
    constraint governance_build_authorization_consumed_pair
        check (((consumed_at is null) = (consumed_by is null)) is true),
    constraint governance_build_authorization_revoked_pair
        check (((revoked_at is null) = (revoked_by is null)) is true),
    constraint governance_build_authorization_status_matches
        check ((
            (status = 'consumed') = (consumed_at is not null)
            and (status = 'revoked') = (revoked_at is not null)
            and (status not in ('granted', 'consumed') or (granted_by is not null and granted_at is not null))
        ) is true),
    constraint governance_build_authorization_high_risk_is_signed
        check ((risk_level <> 'high' or requires_sovereign_esign) is true)
);

create unique index governance_build_authorization_one_grant_a_step
    on governance_build_authorization (step)
    where status = 'granted';

comment on table  governance_build_authorization                          is 'Grants for single build steps. A row is no permission by itself: see v_build_auth_valid. No release writes it.';
comment on column governance_build_authorization.auth_code                is 'Code of the grant.';
comment on column governance_build_authorization.step                     is 'The step that is granted; one granted row a step.';
comment on column governance_build_authorization.request_ref              is 'The approval request of the application.';
comment on column governance_build_authorization.approval_ref             is 'The quorum as it was when granted; shown, never trusted.';
comment on column governance_build_authorization.package_digest           is 'The package that is granted; null names none.';
comment on column governance_build_authorization.target_database          is 'The database that is granted; null is valid nowhere.';
comment on column governance_build_authorization.risk_level               is 'low, medium or high.';
comment on column governance_build_authorization.status                   is 'pending, granted, consumed or revoked.';
comment on column governance_build_authorization.requires_sovereign_esign is 'Needs an electronic signature; high risk always does.';
comment on column governance_build_authorization.granted_by               is 'Who granted; cannot use the grant himself.';
comment on column governance_build_authorization.granted_at               is 'When it was granted.';
comment on column governance_build_authorization.expires_at               is 'From when on it is void; null is never valid.';
comment on column governance_build_authorization.consumed_at              is 'When it was used.';
comment on column governance_build_authorization.consumed_by              is 'Who used it.';
comment on column governance_build_authorization.revoked_at               is 'When it was taken back.';
comment on column governance_build_authorization.revoked_by               is 'Who took it back.';

-- Council members count here, in the application's own spine, and nowhere else.
create function quorum_passed(code text)
returns boolean
language sql
stable
set search_path from current
as $$
    select exists (
        select
        from public.approval_requests as r
        join public.apr_action_types as t
            on t.action_code = r.proposed_action_code
        cross join lateral (
            -- An unknown proposer cannot be excluded from his own request, so nobody approves it.
            select lower(nullif(btrim(r.source_context ->> 'proposer'), '')) as identity
        ) as proposer
        cross join lateral (
            select
                count(*) filter (where a.decision = 'reject')                          as rejects,
                count(distinct voter.identity) filter (where voter.counts
                    and a.approver_type = 'human')                                     as humans,
                count(distinct voter.identity) filter (where voter.counts
                    and a.approver_type = 'ai_council')                                as council,
                count(distinct voter.identity) filter (where voter.counts)             as approvers
            from public.apr_approvals as a
            cross join lateral (
                select
                    lower(btrim(a.approver))                                           as identity,
                    a.decision = 'approve'
                        and lower(btrim(a.approver)) <> proposer.identity              as counts
            ) as voter
            where a.apr_id = r.id
        ) as vote
        where r.code = quorum_passed.code
          and r.status in ('approved', 'applied')
          and proposer.identity is not null
          and vote.rejects = 0
          and vote.humans >= 1
          and (
              t.risk_level in ('low', 'medium')
              or (vote.council >= 2 and vote.approvers >= 3)
          )
    )
$$;

comment on function quorum_passed(text) is 'Whether an approval request has its quorum: typed, proposer known and excluded, no reject, one human; for high risk also two of the council and three identities.';

create function valid_sovereign_esign(code text)
returns boolean
language sql
stable
set search_path from current
as $$
    select exists (
        select
        from public.os_proposal_approvals as s
        where s.esignature_agreement
          and (btrim(s.signature_text) <> '' or btrim(s.signature_image::text) <> '')
          -- Bound to this request: any other customer's signature is none.
          and s.metadata ->> 'request_ref' = valid_sovereign_esign.code
          -- A simulated row of a rehearsal is never a signature.
          and s.metadata ->> 'simulated' is distinct from 'true'
    )
$$;

comment on function valid_sovereign_esign(text) is 'Whether an approval request has an electronic signature of its own.';

create view v_build_auth_valid as
select
    a.auth_code,
    a.step,
    a.request_ref,
    a.package_digest,
    a.target_database,
    a.risk_level,
    a.requires_sovereign_esign,
    a.granted_by,
    a.granted_at,
    a.expires_at
from governance_build_authorization as a
where a.status = 'granted'
  and a.granted_at <= now()
  and now() < a.expires_at
  and a.target_database = current_database()
  and quorum_passed(a.request_ref)
  and (not a.requires_sovereign_esign or valid_sovereign_esign(a.request_ref));

comment on view   v_build_auth_valid                          is 'The grants that are valid now and here, asked again each time.';
comment on column v_build_auth_valid.auth_code                is 'Code of the grant.';
comment on column v_build_auth_valid.step                     is 'The step that is granted.';
comment on column v_build_auth_valid.request_ref              is 'The approval request of the application.';
comment on column v_build_auth_valid.package_digest           is 'The package that is granted.';
comment on column v_build_auth_valid.target_database          is 'This database.';
comment on column v_build_auth_valid.risk_level               is 'low, medium or high.';
comment on column v_build_auth_valid.requires_sovereign_esign is 'Whether an electronic signature was asked for; it is there.';
comment on column v_build_auth_valid.granted_by               is 'Who granted.';
comment on column v_build_auth_valid.granted_at               is 'When it was granted.';
comment on column v_build_auth_valid.expires_at               is 'From when on it is void.';

create function fn_build_commit_allowed(step text, actor text)
returns boolean
language sql
stable
set search_path from current
as $$
    select exists (
        select
        from v_build_auth_valid as a
        where a.step = fn_build_commit_allowed.step
          -- An unnamed actor or granter compares as null, which is a refusal.
          and lower(btrim(a.granted_by)) <> lower(nullif(btrim(fn_build_commit_allowed.actor), ''))
    )
$$;

comment on function fn_build_commit_allowed(text, text) is 'Whether somebody may take a step: a valid grant that somebody else gave.';

revoke execute
on function quorum_passed(text), valid_sovereign_esign(text), fn_build_commit_allowed(text, text)
from public;

grant execute
on function quorum_passed(text), valid_sovereign_esign(text), fn_build_commit_allowed(text, text)
to  one_roof_reader, one_roof_operator;

grant select on governance_build_authorization, v_build_auth_valid to one_roof_reader, one_roof_operator;

do $$
begin
    if exists (select from governance_build_authorization) or exists (select from v_build_auth_valid) then
        raise exception 'authorization: a grant exists in a new table' using errcode = 'P0001';
    end if;
    if fn_build_commit_allowed('one-roof', current_user) then
        raise exception 'authorization: a step is allowed without a grant' using errcode = 'P0001';
    end if;
end
$$;
