//! Programs: their environment, their failures, the pipe between two of them, and that they end
//! with us.

use std::path::Path;
use std::time::{Duration, Instant};

use oneroof_pg::programs::{Exit, Program, ProgramCall, ProgramError, dump_into, run};
use oneroof_pg::testing::{TestDatabase, TestServer, system_binaries};

fn shell(script: &str) -> ProgramCall {
    ProgramCall::new("/bin/sh").args(["-c", script])
}

#[track_caller]
fn failure(error: ProgramError) -> (String, Exit, String) {
    match error {
        ProgramError::Failed {
            program,
            exit,
            stderr_tail,
        } => (program, exit, stderr_tail.join("|")),
        other => panic!("another error: {other:?}"),
    }
}

#[tokio::test]
async fn a_program_gets_only_the_environment_that_is_made_for_it() {
    let call = ProgramCall::new("/usr/bin/env").environment([("A".to_owned(), "b".to_owned())]);
    let output = run(call).await.unwrap();
    let mut lines: Vec<&str> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, ["A=b", "LC_ALL=C", "PATH=/usr/bin:/bin"]);
}

#[tokio::test]
async fn failures_say_program_exit_and_last_words() {
    let error = run(shell("echo first >&2; echo last >&2; exit 3"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "finish `sh` (exit code 3): first | last");
    let (_, exit, said) = failure(
        run(shell(
            "for i in $(seq 1000); do echo $i >&2; done; kill -9 $$",
        ))
        .await
        .unwrap_err(),
    );
    assert_eq!(exit, Exit::Signal(9));
    assert!(
        said.starts_with("801|") && said.ends_with("|1000"),
        "{said}"
    );
    let error = run(ProgramCall::new("/nowhere/pg_dump")).await.unwrap_err();
    assert!(matches!(error, ProgramError::Start { .. }), "{error:?}");
    assert_eq!(error.program(), "pg_dump");
}

fn dump_of(database: &TestDatabase) -> ProgramCall {
    ProgramCall::new(system_binaries().pg_dump.unwrap())
        .args(["--format=custom", "--no-password"])
        .environment(database.conninfo().program_environment())
}

fn restore_into(database: &TestDatabase) -> ProgramCall {
    let conninfo = database.conninfo();
    ProgramCall::new(system_binaries().pg_restore.unwrap())
        .args([
            "--exit-on-error",
            "--single-transaction",
            "--no-password",
            "--dbname",
        ])
        .arg(conninfo.dbname())
        .environment(conninfo.program_environment())
}

#[tokio::test]
async fn a_pipe_copies_a_database() {
    let server = TestServer::shared().await;
    let (from, to) = (server.database().await, server.database().await);
    from.run("create table t as select i, repeat(md5(i::text), 10) as text from generate_series(1, 20000) i").await;
    let mut seen = Vec::new();
    let outcome = dump_into(dump_of(&from), restore_into(&to), |bytes| seen.push(bytes))
        .await
        .unwrap();
    assert!(outcome.bytes > 100_000, "{outcome:?}");
    assert_eq!(seen.last(), Some(&outcome.bytes));
    assert!(seen.is_sorted());
    let sql = "select count(*), md5(string_agg(text, '' order by i)) from t";
    let (before, after) = (from.session().await, to.session().await);
    assert_eq!(
        before.simple(sql).await.unwrap(),
        after.simple(sql).await.unwrap()
    );
}

#[tokio::test]
async fn a_failing_restore_is_the_one_that_is_reported() {
    let server = TestServer::shared().await;
    let (from, to) = (server.database().await, server.database().await);
    from.run("create table t as select i from generate_series(1, 300000) i")
        .await;
    to.run("create table t (other text)").await;
    let error = dump_into(dump_of(&from), restore_into(&to), |_| {})
        .await
        .unwrap_err();
    let (program, exit, said) = failure(error);
    assert_eq!((program.as_str(), exit), ("pg_restore", Exit::Code(1)));
    assert!(said.contains("relation \"t\" already exists"), "{said}");
}

#[tokio::test]
async fn a_failing_dump_is_reported_and_nothing_is_restored() {
    let server = TestServer::shared().await;
    let to = server.database().await;
    let dump = ProgramCall::new(system_binaries().pg_dump.unwrap())
        .args(["--format=custom", "--no-password"])
        .environment(
            server
                .conninfo("no_such_database", "postgres")
                .program_environment(),
        );
    let (program, _, said) = failure(
        dump_into(dump, restore_into(&to), |_| {})
            .await
            .unwrap_err(),
    );
    assert_eq!(program, "pg_dump");
    assert!(said.contains("does not exist"), "{said}");

    // A dump that breaks after it has written must not look like one that ended.
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    let restore = shell(&format!("cat >/dev/null; touch {}", done.display()));
    let dump = shell("head -c 3000000 /dev/zero; echo broken >&2; exit 7");
    let error = dump_into(dump, restore, |_| {}).await.unwrap_err();
    assert_eq!(
        failure(error),
        ("sh".to_owned(), Exit::Code(7), "broken".to_owned())
    );
    assert!(!done.exists(), "the restore saw the end of its input");
}

#[tokio::test]
async fn a_full_disk_behind_the_pipe_is_reported() {
    let restore = shell("exec cat > /dev/full");
    let error = dump_into(shell("exec cat /dev/zero"), restore, |_| {})
        .await
        .unwrap_err();
    let (program, _, said) = failure(error);
    assert_eq!(program, "sh");
    assert!(said.contains("No space left on device"), "{said}");
}

#[tokio::test]
async fn a_restore_that_fails_while_the_dump_waits_ends_both_at_once() {
    let started = Instant::now();
    let error = dump_into(shell("sleep 60"), shell("echo no >&2; exit 4"), |_| {})
        .await
        .unwrap_err();
    assert_eq!(
        failure(error),
        ("sh".to_owned(), Exit::Code(4), "no".to_owned())
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_restore_that_needs_no_more_lets_the_dump_end_well() {
    let restore = shell("head -c 10 >/dev/null");
    let outcome = dump_into(shell("head -c 5000000 /dev/zero"), restore, |_| {})
        .await
        .unwrap();
    assert_eq!(outcome.bytes, 5_000_000);
}

#[tokio::test]
async fn dropping_a_pipe_ends_both_programs_and_their_children() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let script = |name: &str| {
        format!(
            "sleep 300 & echo $! > {0}.new; mv {0}.new {0}; wait",
            file(name).display()
        )
    };
    {
        let pipe = dump_into(shell(&script("dump")), shell(&script("restore")), |_| {});
        tokio::pin!(pipe);
        let both = async {
            while !(file("dump").exists() && file("restore").exists()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            outcome = &mut pipe => panic!("it ended: {outcome:?}"),
            () = both => {}
        }
    }
    for name in ["dump", "restore"] {
        let pid = std::fs::read_to_string(file(name))
            .unwrap()
            .trim()
            .to_owned();
        let started = Instant::now();
        while is_alive(&pid) {
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "{name}'s child goes on"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn is_alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn programs_are_found_in_a_folder() {
    let folder = system_binaries().folder;
    assert_eq!(
        Program::PgDump.in_folder(&folder),
        Some(folder.join("pg_dump"))
    );
    assert_eq!(Program::PgDump.in_folder(Path::new("/nowhere")), None);
}
