//! Rehearsals that are under way, on the dashboard.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browser::{Browser, Window};
use crate::dashboard::Dashboard;
use crate::production::Production;
use crate::sandbox::Sandbox;

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
    let journal = |lines: &[&str]| {
        let lines = lines
            .iter()
            .map(|line| format!("{{\"format\":1,\"at\":\"2026-11-22T00:00:00Z\",{line}}}\n"));
        sandbox.write(
            "evidence/one.partial/events.jsonl",
            &lines.collect::<String>(),
        );
    };
    let begin = "\"event\":\"run_started\",\"package\":\"paying@1\",\"target\":\"shop\"";
    let step = "\"event\":\"step_started\",\"step\":7,\"title\":\"<b>apply</b>\"";
    let end = "\"event\":\"run_finished\",\"verdict\":\"passed\",\"duration_ms\":12";
    journal(&[begin]);
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
    journal(&[begin, step]);
    // Nobody touches the one; the other is asked to look again. Markup of others is text.
    with.sees("7: <b>apply</b>");
    without.go(&page);
    without.sees("7: <b>apply</b>");
    journal(&[begin, step, end]);
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
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    let sandbox = Sandbox::with_config(&format!("format = 1\n{GONE}"));
    sandbox.write(
        "evidence/one.partial/events.jsonl",
        "{\"format\":1,\"at\":\"2026-11-22T00:00:00Z\",\"event\":\"run_started\",\"package\":\"paying@1\",\"target\":\"shop\"}\n",
    );
    let dashboard = Dashboard::start(&sandbox, &[]);
    let open = || {
        let mut stream = TcpStream::connect(&dashboard.address).unwrap();
        write!(
            stream,
            "GET /under-way/one/events HTTP/1.1\r\nHost: {}\r\n\r\n",
            dashboard.address
        )
        .unwrap();
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).unwrap();
        assert_eq!(&begin, b"HTTP/1.1 200");
        stream
    };
    let mut streams: Vec<TcpStream> = (0..16).map(|_| open()).collect();
    let refused = dashboard.get("/under-way/one/events");
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("30"))
    );
    // The page itself is there for everybody, and whoever leaves makes room.
    assert_eq!(dashboard.get("/under-way/one").status, 200);
    drop(streams.pop());
    let began = Instant::now();
    loop {
        let mut stream = TcpStream::connect(&dashboard.address).unwrap();
        write!(
            stream,
            "GET /under-way/one/events HTTP/1.1\r\nHost: {}\r\n\r\n",
            dashboard.address
        )
        .unwrap();
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).unwrap();
        if &begin == b"HTTP/1.1 200" {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the place stays taken"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}
