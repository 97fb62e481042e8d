//! What a statement that only reads leaves as it was.

use oneroof_pg::connect::Session;

/// Statements that a READ ONLY transaction lets through, or that this state must see at least.
pub(crate) const WRITES: [&str; 9] = [
    "create table written (x int)",
    "select txid_current()",
    "select lo_create(0)",
    "select pg_advisory_lock(4711)",
    "select set_config('work_mem', '7MB', false)",
    "create role somebody",
    "listen somewhere",
    "prepare later as select 1",
    "select nextval('ticket_seq') from (select 1) s where to_regclass('ticket_seq') is not null
     union all select txid_current() where to_regclass('ticket_seq') is null",
];

/// The state, by name.
pub(crate) async fn of(session: &Session) -> Vec<(String, String)> {
    let outcome = session.simple(include_str!("state.sql")).await.unwrap();
    let values = outcome.rows.into_iter().next().unwrap_or_default();
    outcome
        .columns
        .into_iter()
        .zip(values.into_iter().map(Option::unwrap_or_default))
        .collect()
}
