//! Rehearsals that are under way, on the dashboard.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browser::{Browser, Window};
use crate::dashboard::Dashboard;
use crate::production::Production;
use crate::sandbox::Sandbox;

/// Lines of a journal.
const BEGUN: &str = "{\"format\":1,\"at\":\"2026-11-22T00:00:00Z\",\"event\":\"run_started\",\"package\":\"paying@1\",\"target\":\"shop\"}\n";
const STEP: &str = "{\"format\":1,\"at\":\"2026-11-22T00:00:01Z\",\"event\":\"step_started\",\"step\":7,\"title\":\"<b>apply</b>\"}\n";
const END: &str = "{\"format\":1,\"at\":\"2026-11-22T00:00:02Z\",\"event\":\"run_finished\",\"verdict\":\"passed\",\"duration_ms\":12}\n";

/// The journal of a rehearsal that is under way has these lines.
fn journal(sandbox: &Sandbox, lines: &[&str]) {
    sandbox.write("evidence/one.partial/events.jsonl", &lines.concat());
}

/// Follows it; gives the connection and the first line of the answer.
fn follow(dashboard: &Dashboard) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(&dashboard.address).unwrap();
    write!(
        stream,
        "GET /under-way/one/events HTTP/1.1\r\nHost: {}\r\n\r\n",
        dashboard.address
    )
    .unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    (stream, String::from_utf8_lossy(&status).into_owned())
}

const GONE: &str = "[targets.gone]\nread = \"host=127.0.0.1 port=1 dbname=x user=y\"\n";

#[tokio::test]
async fn a_rehearsal_is_followed_to_its_evidence() {
    let production = Production::new().await;
    let sandbox = &production.sandbox;
    let config = sandbox.read("oneroof.toml");
    sandbox.write("oneroof.toml", &format!("{config}\n{GONE}"));
    let dashboard = Dashboard::start(sandbox, &["--target", "gone"]);
    assert_eq!(
        dashboard.get("/api/v1/evidence").json()["under_way"],
        Value::Array(Vec::new())
    );
    let (name, followed) = std::thread::scope(|scope| {
        let rehearsal = scope.spawn(|| {
            sandbox
                .run(&["rehearse", "mine", "--from", "production"])
                .exits(0)
        });
        let began = Instant::now();
        let name = loop {
            let list = dashboard.get("/api/v1/evidence").json();
            if let Some(name) = list["under_way"][0]["name"].as_str() {
                break name.to_owned();
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{list:#}");
            std::thread::sleep(Duration::from_millis(50));
        };
        let list = dashboard.get("/evidence");
        assert!(
            list.body.contains(&format!("/under-way/{name}")),
            "{}",
            list.body
        );
        // Ends when the rehearsal does.
        let followed = dashboard.get(&format!("/under-way/{name}/events"));
        let _ = rehearsal.join().unwrap();
        (name, followed)
    });
    assert_eq!(followed.header("content-type"), Some("text/event-stream"));
    assert!(followed.body.contains("event: over"), "{}", followed.body);
    assert!(
        followed.body.contains("\"standing\":\"finished\""),
        "{}",
        followed.body
    );
    // Every step that passed was told once.
    let journal = sandbox.read(&format!("evidence/{name}/events.jsonl"));
    let passed = journal
        .lines()
        .filter(|line| line.contains("\"outcome\":\"passed\""))
        .count();
    assert!(passed > 10, "{journal}");
    assert_eq!(followed.body.matches("\"word\":\"passed\"").count(), passed);
    // Whoever lost the connection says where it was.
    let last = followed
        .body
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap();
    let resumed = dashboard.get_with(
        &format!("/under-way/{name}/events"),
        &format!("Last-Event-ID: {last}\r\n"),
    );
    assert!(!resumed.body.contains("event: happened") && resumed.body.contains("event: over"));
    let page = dashboard.get(&format!("/under-way/{name}"));
    assert!(
        page.body.contains("DONE") && !page.body.contains("<script"),
        "{}",
        page.body
    );
    assert_eq!(dashboard.get(&format!("/evidence/{name}")).status, 200);
    for name in ["..", "other", "a%2Fb"] {
        assert!([400, 404].contains(&dashboard.get(&format!("/under-way/{name}")).status));
    }
}

#[test]
fn lines_come_by_themselves_where_scripts_run_and_are_there_where_they_do_not() {
    let sandbox = Sandbox::with_config(&format!("format = 1\n{GONE}"));
    journal(&sandbox, &[BEGUN]);
    let dashboard = Dashboard::start(&sandbox, &[]);
    let page = format!("http://{}/under-way/one", dashboard.address);
    let with = Browser::open(Window::desk());
    let without = Browser::open(Window {
        scripts: false,
        ..Window::desk()
    });
    for browser in [&with, &without] {
        browser.go(&page);
        browser.sees("UNDER WAY");
        browser.sees("paying@1 from shop");
    }
    crate::serve_browser::has_no_barrier(&with, &page);
    // The one is asked to look again, in the very moment after it looked; nobody touches the other. Markup of others
    // is text.
    without.go(&page);
    journal(&sandbox, &[BEGUN, STEP]);
    without.go(&page);
    without.sees("7: <b>apply</b>");
    with.sees("7: <b>apply</b>");
    journal(&sandbox, &[BEGUN, STEP, END]);
    let _ = sandbox
        .bash("mv evidence/one.partial evidence/one")
        .exits(0);
    with.sees("DONE");
    with.sees("passed in");
    with.click("#standing a");
    with.is_at("/evidence/one");
    let complaints = with.complaints();
    let refused = complaints
        .iter()
        .filter(|line| line.contains("Content Security Policy"));
    assert_eq!(refused.count(), 0, "{complaints:#?}");
}

#[test]
fn nobody_opens_as_many_streams_as_they_like() {
    let sandbox = Sandbox::with_config(&format!("format = 1\n{GONE}"));
    journal(&sandbox, &[BEGUN]);
    let dashboard = Dashboard::start(&sandbox, &[]);
    let mut streams: Vec<TcpStream> = (0..16)
        .map(|_| {
            let (stream, status) = follow(&dashboard);
            assert_eq!(status, "HTTP/1.1 200");
            stream
        })
        .collect();
    let refused = dashboard.get("/under-way/one/events");
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("30"))
    );
    // The page itself is there for everybody, and whoever leaves makes room.
    assert_eq!(dashboard.get("/under-way/one").status, 200);
    drop(streams.pop());
    let began = Instant::now();
    while follow(&dashboard).1 != "HTTP/1.1 200" {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the place stays taken"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What was read a moment ago is shown again on other pages; here people look because something goes on.
#[test]
fn whoever_looks_again_sees_what_happened_in_that_moment() {
    let sandbox = Sandbox::with_config(&format!("format = 1\n{GONE}"));
    journal(&sandbox, &[BEGUN]);
    let dashboard = Dashboard::start(&sandbox, &[]);
    let page = || dashboard.get("/under-way/one").body;
    let twin = || dashboard.get("/api/v1/under-way/one").json()["next"].clone();
    assert!(page().contains("UNDER WAY"));
    assert_eq!(twin(), BEGUN.len());
    journal(&sandbox, &[BEGUN, STEP]);
    assert!(page().contains("7: &lt;b&gt;apply"), "{}", page());
    assert_eq!(twin(), BEGUN.len() + STEP.len());
    // And so does whoever follows: a line that is half written is told when it is whole.
    let (mut stream, _) = follow(&dashboard);
    let mut told = String::new();
    let mut tell = |until: &str| {
        let mut piece = [0; 4096];
        while !told.contains(until) {
            let length = stream.read(&mut piece).unwrap();
            assert!(length > 0, "{told}");
            told.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    };
    tell("7: <b>apply</b>");
    journal(&sandbox, &[BEGUN, STEP, &END[..END.len() / 2]]);
    journal(&sandbox, &[BEGUN, STEP, END]);
    tell("passed in");
    let _ = sandbox
        .bash("mv evidence/one.partial evidence/one")
        .exits(0);
    tell("event: over");
    assert_eq!(told.matches("event: happened").count(), 2, "{told}");
}
