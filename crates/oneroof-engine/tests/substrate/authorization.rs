//! Grants for build steps on the application's own approvals.

use crate::world::World;

/// Eight grants, of which two hold. Nothing is trusted as written: quorum and signature are asked again each time.
#[tokio::test]
async fn of_eight_build_authorizations_two_are_valid() {
    let world = World::new().await;
    let database = world.reference("authorized").await.database;
    database
        .run(
            "insert into public.approval_requests (id, code, title, request_type, action, target_collection,
                 proposed_action, proposed_action_code, source_context, source, priority, status)
             select 9000 + n, 'REQ-A' || n, 'test', r.request_type, r.action, r.target_collection, r.proposed_action,
                    case when n in (6, 7) then 'authorize_build_step' else 'modify_record' end,
                    case when n = 5 then '{}' else '{\"proposer\": \"agent-9\"}' end::json, r.source, r.priority,
                    case when n = 4 then 'rejected' else 'approved' end
             from generate_series(1, 8) n cross join (select * from public.approval_requests where code = 'APR-0001') r;
             insert into public.apr_approvals (id, apr_id, approver, approver_type, decision, created_at)
             select 90000 + n * 10 + v.k, 9000 + n, v.approver, v.kind, 'approve', now()
             from generate_series(1, 8) n
             cross join (values (1, 'anna', 'human'), (2, 'c1', 'ai_council'), (3, 'c2', 'ai_council')) v (k, approver, kind);
             insert into public.os_proposal_approvals (signature_text, esignature_agreement, metadata)
             values ('Anna', true, '{\"request_ref\": \"REQ-A7\"}');
             insert into governance_build_authorization (auth_code, step, request_ref, target_database, risk_level, status,
                 requires_sovereign_esign, granted_by, granted_at, expires_at, consumed_at, consumed_by, revoked_at, revoked_by)
             select 'A' || n, 'step-' || n, 'REQ-A' || n, current_database(),
                    case when n in (6, 7) then 'high' else 'low' end,
                    case n when 3 then 'consumed' when 8 then 'revoked' else 'granted' end,
                    n in (6, 7), 'anna', now() - interval '2 hours',
                    now() + case n when 2 then interval '-1 hour' else interval '1 hour' end,
                    case when n = 3 then now() end, case when n = 3 then 'x' end,
                    case when n = 8 then now() end, case when n = 8 then 'x' end
             from generate_series(1, 8) n",
        )
        .await;
    let valid = "select string_agg(auth_code, ' ' order by auth_code) from v_build_auth_valid";
    assert_eq!(database.row(valid).await, "A1 A7");
    let allowed = "select string_agg('A' || n, ' ' order by n) from generate_series(1, 8) n
        where fn_build_commit_allowed('step-' || n, 'bert')";
    assert_eq!(database.row(allowed).await, "A1 A7");
    // Nobody uses the grant that he gave, and nobody nameless uses any.
    for actor in ["'anna'", "' Anna '", "''", "null"] {
        let own = format!("select fn_build_commit_allowed('step-1', {actor})");
        assert_eq!(database.row(&own).await, "f", "{actor}");
    }
    // A late reject ends it.
    database
        .run("insert into public.apr_approvals (id, apr_id, approver, approver_type, decision, created_at)
              values (99999, 9001, 'carl', 'human', 'reject', now())")
        .await;
    assert_eq!(database.row(valid).await, "A7");
}
