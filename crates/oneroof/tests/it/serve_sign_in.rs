//! `oneroof serve` where it can be reached from elsewhere: who is let in, as what, and over what.

use serde_json::{Value, json};

use crate::browser::{Browser, Window, axe};
use crate::dashboard::{Dashboard, Reply};
use crate::sandbox::Sandbox;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// A project whose only target nobody needs to reach.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_config(
        "format = 1\n[targets.gone]\nread = \"host=127.0.0.1 port=1 dbname=x user=y\"\n",
    );
    sandbox.write("hub/note.md", "# A note");
    sandbox
}

fn token(sandbox: &Sandbox, name: &str, role: &str) -> String {
    let made = sandbox
        .run(&["--json", "serve", "token", "add", name, "--role", role])
        .exits(0);
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    made["token"].as_str().unwrap().to_owned()
}

/// The header line of the session that a token begins.
#[track_caller]
fn signed_in(dashboard: &Dashboard, token: &str) -> String {
    let reply = dashboard.post("/sign-in", FORM, &format!("next=%2Fhub&token={token}"));
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/hub")),
        "{}",
        reply.body
    );
    let cookie = reply.header("set-cookie").unwrap();
    for flag in ["Path=/", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
}

#[track_caller]
fn sign_of(page: &Reply) -> String {
    let rest = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn tokens_are_shown_once_and_kept_as_digests() {
    let sandbox = project();
    let token = token(&sandbox, "ada", "approver");
    assert!(
        token.starts_with("oneroof_") && token.len() == 72,
        "{token}"
    );
    let kept = sandbox.read(".oneroof/sign-in.json");
    assert!(!kept.contains(&token[8..]), "{kept}");
    let mode = sandbox.bash("stat -c %a .oneroof/sign-in.json").exits(0);
    assert_eq!(mode.stdout.trim(), "600");
    let list = sandbox.run(&["serve", "token", "list"]).exits(0);
    assert!(
        list.stdout.contains("ada") && !list.stdout.contains(&token),
        "{}",
        list.stdout
    );
    let again = sandbox
        .run(&["serve", "token", "add", "ada", "--role", "viewer"])
        .exits(2);
    assert!(again.stderr.contains("revoke ada"), "{}", again.stderr);
    for (name, role) in [("a b", "viewer"), ("", "viewer"), ("bob", "admin")] {
        let _ = sandbox
            .run(&["serve", "token", "add", name, "--role", role])
            .exits(2);
    }
    let unknown = sandbox.run(&["serve", "token", "revoke", "adda"]).exits(2);
    assert!(
        unknown.stderr.contains("did you mean `ada`?"),
        "{}",
        unknown.stderr
    );
    let _ = sandbox.run(&["serve", "token", "revoke", "ada"]).exits(0);
    let list = sandbox.run(&["serve", "token", "list"]).exits(0);
    assert!(list.stdout.contains("no tokens"), "{}", list.stdout);
}

#[test]
fn any_other_address_needs_tokens_and_tls() {
    let sandbox = project();
    let refused = |arguments: &[&str]| {
        let mut all = vec!["serve"];
        all.extend_from_slice(arguments);
        sandbox.run(&all).exits(2).stderr
    };
    let text = refused(&["--listen", "0.0.0.0:0"]);
    assert!(
        text.contains("without TLS") && text.contains("no loopback"),
        "{text}"
    );
    for proxied in [
        &["--listen", "0.0.0.0:0", "--behind-proxy"][..],
        &["--listen", "127.0.0.1:0", "--behind-proxy"],
        &["--listen", "127.0.0.1:0", "--sign-in"],
    ] {
        let text = refused(proxied);
        assert!(text.contains("serve token add"), "{text}");
    }
    // A token that is over is none.
    let _ = token(&sandbox, "ada", "viewer");
    let kept = sandbox.read(".oneroof/sign-in.json");
    let mut kept: Value = serde_json::from_str(&kept).unwrap();
    kept["tokens"][0]["ends_at"] = json!("2020-01-01T00:00:00Z");
    sandbox.write(".oneroof/sign-in.json", &kept.to_string());
    let text = refused(&["--listen", "127.0.0.1:0", "--sign-in"]);
    assert!(text.contains("no token that is still taken"), "{text}");
    sandbox.write("cert.pem", "nothing");
    let text = refused(&["--listen", "127.0.0.1:0", "--tls-cert", "cert.pem"]);
    assert!(text.contains("--tls-key"), "{text}");
    let text = refused(&[
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "cert.pem",
    ]);
    assert!(text.contains("find a certificate"), "{text}");
}

#[test]
fn who_is_not_signed_in_sees_nothing_and_roles_do_what_they_may() {
    let sandbox = project();
    let [viewer, approver, operator] =
        ["viewer", "approver", "operator"].map(|role| token(&sandbox, role, role));
    let dashboard = Dashboard::start(&sandbox, &["--sign-in"]);
    for path in [
        "/",
        "/hub",
        "/hub/note.md",
        "/query",
        "/evidence/x/files/y",
        "/nothing",
    ] {
        let page = dashboard.get(path);
        let next = format!("/sign-in?next={}", path.replace('/', "%2F"));
        assert_eq!(
            (page.status, page.header("location")),
            (303, Some(next.as_str())),
            "{path}"
        );
        assert!(page.body.is_empty(), "{path}: {}", page.body);
        let twin = dashboard.get(&format!("/api/v1{path}"));
        assert_eq!(
            (twin.status, &twin.json()["error"]["kind"]),
            (401, &json!("refused"))
        );
        assert_eq!(
            twin.header("www-authenticate"),
            Some("Bearer realm=\"oneroof\"")
        );
    }
    assert_eq!(dashboard.get("/sign-in").status, 200);
    for word in ["", "oneroof_0", &viewer[..71]] {
        let wrong = dashboard.post("/sign-in", FORM, &format!("token={word}"));
        assert_eq!(
            (wrong.status, wrong.header("set-cookie")),
            (401, None),
            "{word}"
        );
    }

    let sessions = [&viewer, &approver, &operator].map(|token| signed_in(&dashboard, token));
    for (session, role) in sessions.iter().zip(["viewer", "approver", "operator"]) {
        let page = dashboard.get_with("/hub", session);
        assert_eq!(page.status, 200);
        assert!(
            page.body
                .contains(&format!("<strong>{role}</strong>, {role}")),
            "{}",
            page.body
        );
        assert!(!page.body.contains("oneroof_"), "no secret is on a page");
        let csrf = sign_of(&page);
        let post = |path: &str, more: &str| {
            dashboard
                .post(
                    path,
                    &format!("{FORM}{session}"),
                    &format!("csrf={csrf}{more}"),
                )
                .status
        };
        // What goes on behind the door is another matter: no database answers here.
        let asked = post("/query", "&target=gone&sql=select+1");
        assert_eq!(asked == 403, role != "operator", "{role}: {asked}");
        let decided = post("/approve", "&target=gone&package=one-roof&decision=hold");
        assert_eq!(
            decided,
            if role == "approver" { 200 } else { 403 },
            "{role}"
        );
        let json = "Content-Type: application/json\r\n";
        let body = json!({ "sql": "select 1" }).to_string();
        let twin = |headers: &str| {
            dashboard
                .post("/api/v1/query", &format!("{json}{headers}"), &body)
                .status
        };
        // A cookie comes along by itself; so the twin wants the sign too.
        assert_eq!(twin(session), 403);
        let asked = twin(&format!("{session}X-CSRF-Token: {csrf}\r\n"));
        assert_eq!(asked == 403, role != "operator", "{role}: {asked}");
        // A form that does not bear the sign of this very session is not ours.
        for sign in ["", "csrf=", "csrf=0"] {
            let body = format!("{sign}&decision=hold&target=gone&package=one-roof");
            let foreign = dashboard.post("/approve", &format!("{FORM}{session}"), &body);
            assert_eq!(foreign.status, 403, "{role}: {sign}");
        }
    }
    let other = sign_of(&dashboard.get_with("/hub", &sessions[0]));
    let crossed = dashboard.post(
        "/approve",
        &format!("{FORM}{}", sessions[1]),
        &format!("csrf={other}&decision=hold&target=gone&package=one-roof"),
    );
    assert_eq!(crossed.status, 403, "the sign of somebody else");

    // Programs show the token itself.
    let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let found = dashboard.get_with("/api/v1/hub?q=note", &bearer(&viewer));
    assert_eq!(found.json()["hits_in_all"], 1);

    // Out is out, and a token that is revoked ends its session at once.
    let csrf = sign_of(&dashboard.get_with("/hub", &sessions[0]));
    let out = dashboard.post(
        "/sign-out",
        &format!("{FORM}{}", sessions[0]),
        &format!("csrf={csrf}"),
    );
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(dashboard.get_with("/hub", &sessions[0]).status, 303);
    assert_eq!(dashboard.get_with("/hub", &sessions[1]).status, 200);
    let _ = sandbox
        .run(&["serve", "token", "revoke", "approver"])
        .exits(0);
    assert_eq!(dashboard.get_with("/hub", &sessions[1]).status, 303);
    assert_eq!(
        dashboard.get_with("/api/v1/hub", &bearer(&approver)).status,
        401
    );
    assert_eq!(dashboard.get_with("/hub", &sessions[2]).status, 200);
}

#[test]
fn who_tries_too_often_waits() {
    let sandbox = project();
    let token = token(&sandbox, "ada", "viewer");
    let dashboard = Dashboard::start(&sandbox, &["--behind-proxy", "--host", "tools.example"]);
    let from = |address: &str| format!("{FORM}X-Forwarded-For: 203.0.113.1, {address}\r\n");
    for _ in 0..5 {
        assert_eq!(
            dashboard
                .post("/sign-in", &from("192.0.2.1"), "token=x")
                .status,
            401
        );
    }
    let body = format!("token={token}");
    let late = dashboard.post("/sign-in", &from("192.0.2.1"), &body);
    assert_eq!((late.status, late.header("set-cookie")), (429, None));
    let seconds: u64 = late.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    let bearer = format!("X-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer {token}\r\n");
    assert_eq!(dashboard.get_with("/api/v1/hub", &bearer).status, 429);
    // Somebody else is somebody else, and behind TLS the cookie is as strict as can be.
    let other = dashboard.post("/sign-in", &from("192.0.2.2"), &body);
    let cookie = other.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-oneroof=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert!(other.header("strict-transport-security").is_some());
}

#[test]
fn tls_is_spoken_and_nothing_else() {
    let sandbox = project();
    let token = token(&sandbox, "ada", "viewer");
    let _ = sandbox
        .bash("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>&1")
        .exits(0);
    let tls = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];
    let paths = tls.map(|word| match word.strip_suffix(".pem") {
        Some(_) => sandbox.project().join(word).display().to_string(),
        None => word.to_owned(),
    });
    let mut arguments: Vec<&str> = paths.iter().map(String::as_str).collect();
    arguments.push("--sign-in");
    let dashboard = Dashboard::start(&sandbox, &arguments);
    let port = dashboard.address.rsplit(':').next().unwrap().to_owned();
    // One that connects and says nothing keeps nobody waiting.
    let _idle = std::net::TcpStream::connect(&dashboard.address).unwrap();
    let curl = |more: &str| {
        sandbox
            .bash(&format!(
                "curl -sS --max-time 10 --cacert cert.pem {more} https://localhost:{port}/api/v1/hub"
            ))
            .exits(0)
            .stdout
    };
    let known: Value =
        serde_json::from_str(&curl(&format!("-H 'Authorization: Bearer {token}'"))).unwrap();
    assert_eq!(known["documents_in_all"], 1);
    assert!(curl("-o /dev/null -w '%{http_code}'").contains("401"));
    // Without TLS there is no answer at all.
    let plain = sandbox.bash(&format!("curl -sS --max-time 10 http://localhost:{port}/"));
    assert_ne!(plain.code, Some(0), "{plain:?}");

    // A certificate that is renewed is used from the next connection on; one that cannot be used changes nothing.
    let serial = || {
        let line = format!(
            "openssl s_client -connect localhost:{port} -servername localhost </dev/null 2>/dev/null | openssl x509 -noout -serial"
        );
        sandbox.bash(&line).exits(0).stdout
    };
    let first = serial();
    sandbox.write("cert.pem", "nothing");
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert_eq!(serial(), first);
    let _ = sandbox
        .bash("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>&1")
        .exits(0);
    let began = std::time::Instant::now();
    while serial() == first {
        assert!(began.elapsed().as_secs() < 30, "the old one is still used");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert!(curl(&format!("-H 'Authorization: Bearer {token}'")).contains("documents_in_all"));
}

#[test]
fn people_sign_in_with_a_browser() {
    let sandbox = project();
    let token = token(&sandbox, "ada", "viewer");
    let dashboard = Dashboard::start(&sandbox, &["--sign-in"]);
    for window in [
        Window {
            scripts: false,
            ..Window::desk()
        },
        Window::telephone(),
    ] {
        let browser = Browser::open(window);
        browser.go(&format!("http://{}/hub?q=note", dashboard.address));
        browser.sees("Your token");
        if window.scripts {
            let _ = browser.run(&format!("{}; return true;", axe()));
            let found = browser.run_later(
                "const done = arguments[arguments.length - 1];
                 axe.run(document).then(result => done(result.violations.map(one => one.id)));",
            );
            assert_eq!(found, json!([]));
            let is_narrow =
                browser.run("return document.documentElement.scrollWidth <= innerWidth;");
            assert_eq!(is_narrow, true);
        }
        browser.write("#token", "oneroof_0");
        browser.click("button");
        browser.sees("this token is not known");
        browser.write("#token", &token);
        browser.click("button");
        // Where they wanted to go.
        browser.is_at("/hub?q=note");
        browser.sees("1 document fits");
        browser.click(".visitor button");
        browser.sees("Your token");
        browser.go(&format!("http://{}/hub", dashboard.address));
        browser.sees("Your token");
    }
}
