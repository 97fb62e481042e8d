//! `oneroof serve`: pages and their twins, and who is heard.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::dashboard::Dashboard;
use crate::governed::Governed;
use crate::world::World;

/// The reference with both packages, and a read role whose one excess is known.
fn reference() -> Governed {
    let governed = Governed::one_roof();
    governed.configure("[targets.directus.readonly]\naccept = [\"temp-right\"]");
    governed
}

/// Every page that needs nothing named, by its path.
const PAGES: [&str; 21] = [
    "/",
    "/targets",
    "/releases",
    "/releases/one-roof",
    "/evidence",
    "/gate",
    "/coverage",
    "/coverage/summary",
    "/coverage/by-scope",
    "/coverage/by-owner",
    "/coverage/by-object",
    "/coverage/by-group",
    "/coverage/gaps",
    "/coverage/conflicts",
    "/coverage/scan-status",
    "/coverage/matrix",
    "/axes",
    "/reconcile",
    "/drift",
    "/queue",
    "/hub",
];

#[test]
fn every_page_has_a_twin_and_neither_needs_a_script() {
    let governed = reference();
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    let named = [
        "/coverage/ownership-detail?object=agents",
        "/coverage/owner?agency=GOV-DOT",
    ];
    for path in PAGES.iter().chain(&named) {
        let page = dashboard.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(
            page.body.contains("<h1>") && page.body.ends_with("</html>"),
            "{path}"
        );
        // The policy admits neither: what is there would not work.
        for forbidden in ["<script", " style=", "<style", "onclick", "javascript:"] {
            assert!(!page.body.contains(forbidden), "{path} has {forbidden}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let twin_path = match *path {
            "/" => "/api/v1/status".to_owned(),
            path => format!("/api/v1{path}"),
        };
        let twin = dashboard.get(&twin_path);
        assert_eq!(twin.status, 200, "{twin_path}: {}", twin.body);
        assert!(twin.json().is_object(), "{twin_path}");
        assert_eq!(twin.header("content-type"), Some("application/json"));
    }
    // The description has each of them, and the console.
    let described = dashboard.get("/api/v1/openapi.json").json();
    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), PAGES.len() + named.len() + 6, "{paths:#?}");
    // It needs a target with a policy: serve_passkeys.rs looks at it.
    assert!(paths.contains_key("/api/v1/passkeys"));
    assert!(paths.contains_key("/api/v1/evidence/{name}"));
    assert!(paths.contains_key("/api/v1/hub/{path}"));
    assert!(paths["/api/v1/query"]["post"].is_object());
    let parameters = &paths["/api/v1/releases/{package}"]["get"]["parameters"];
    assert_eq!(parameters[0]["in"], "path");
    assert_eq!(parameters[1]["in"], "query");
}

#[test]
fn numbers_are_those_of_the_commands() {
    let governed = reference();
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    let command = |line: &str| -> Value {
        let outcome = governed
            .sandbox
            .bash(&format!("$oneroof {line} --target directus --json"))
            .exits(0);
        serde_json::from_str(&outcome.stdout).unwrap()
    };
    let api = |path: &str| dashboard.get(&format!("/api/v1{path}")).json();

    let summary = api("/coverage/summary");
    let mut said = command("coverage");
    // A second may pass between both.
    said["scan_status"]["age_seconds"] = summary["scan_status"]["age_seconds"].clone();
    assert_eq!(summary, said);
    for (name, count) in [
        ("total_cells", 210),
        ("covered_cells", 210),
        ("gap_cells", 0),
        ("objects", 35),
        ("scopes", 6),
    ] {
        assert_eq!(summary["summary"][name], count, "{name}");
    }
    assert_eq!(api("/coverage/by-scope"), command("coverage --by scope"));
    assert_eq!(api("/coverage/by-owner"), command("coverage --by owner"));
    assert_eq!(api("/coverage/by-group"), command("coverage --by group"));
    let groups = api("/coverage/by-group")["by_group"].clone();
    let sum = |member: &str| -> u64 {
        let groups = groups.as_array().unwrap().iter();
        groups.map(|group| group[member].as_u64().unwrap()).sum()
    };
    assert_eq!((sum("cells"), sum("covered"), sum("gap")), (210, 210, 0));
    assert_eq!(
        api("/coverage/matrix")["matrix"]["rows"],
        command("coverage --matrix")["matrix"]["rows"]
    );
    let detail = api("/coverage/ownership-detail?object=agents&scope=policy");
    assert_eq!(detail["ownership_detail"][0]["owner_gov_code"], "GOV-DOT");
    assert_eq!(detail["ownership_detail"][0]["source_anchor_ref"], "GRP-AI");
    // The row that decides is one of the group.
    assert_eq!(detail["deciding_rows"].as_array().unwrap().len(), 1);
    assert_eq!(detail["deciding_rows"][0]["object_ref"], "GRP-AI");

    let drift = api("/drift");
    assert_eq!(drift["findings"], command("drift")["findings"]);
    assert_eq!(drift["findings_in_all"], 14);
    assert_eq!(drift["trend"]["scans"][0]["open"], 14);
    // Who is accountable for an object is asked about its findings; each object has one agency or none here.
    let by_owner = drift["trend"]["by_owner"].as_array().unwrap().iter();
    let count = |owner: &Value| -> u64 {
        let words = ["critical", "warning", "info"].iter();
        words.map(|word| owner[word].as_u64().unwrap()).sum()
    };
    assert_eq!(by_owner.map(count).sum::<u64>(), 14);
    let causes = drift["by_cause"].as_array().unwrap();
    let sum = causes
        .iter()
        .map(|cause| cause["findings"].as_u64().unwrap());
    assert_eq!(sum.sum::<u64>(), 14);
    let detectors: BTreeSet<&str> = drift["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["detector"].as_str().unwrap())
        .collect();
    assert_eq!(causes.len(), detectors.len(), "{causes:#?}");
    let warnings = api("/drift?severity=warning");
    assert_eq!(warnings["findings"].as_array().unwrap().len(), 10);

    let queue = api("/queue");
    assert_eq!(queue["items"].as_array().unwrap().len(), 16);
    assert_eq!(
        queue["lanes"],
        json!([{ "lane": "official", "objects": 0 }, { "lane": "candidate", "objects": 6 }])
    );
    let story = api("/releases/one-roof");
    let tiers = story["moments"].as_array().unwrap().iter();
    let seed = tiers
        .filter_map(|moment| moment["tier"].as_object())
        .find(|tier| tier["id"] == "ownership_seed")
        .unwrap();
    assert_eq!(seed["rows"][0]["inserted"], 30);
}

#[test]
fn what_is_not_there_or_not_understood_is_said_with_a_way_on() {
    let governed = reference();
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    for (path, status, word) in [
        ("/nothing", 404, "/nothing"),
        ("/drift?target=other", 404, "directus"),
        ("/drift?severity=severe", 400, "critical"),
        ("/drift?page=x", 400, "page"),
        ("/coverage/ownership-detail", 400, "object"),
        ("/coverage/ownership-detail?object=agent", 400, "agents"),
        ("/coverage/matrix?axis=topics", 400, "topic"),
        ("/releases/other", 404, "other"),
        ("/evidence/other", 404, "other"),
        ("/evidence/../oneroof.toml", 404, "nothing"),
        ("/evidence/x/files/..%2f..%2foneroof.toml", 404, "evidence"),
    ] {
        let page = dashboard.get(path);
        assert_eq!(page.status, status, "{path}: {}", page.body);
        assert!(page.body.contains(word), "{path}: {}", page.body);
        assert!(!page.body.contains("socket"), "{path}");
        if path.contains("files") {
            continue;
        }
        let twin = dashboard.get(&format!("/api/v1{path}"));
        assert_eq!(twin.status, status, "{path}: {}", twin.body);
        assert!(twin.json()["error"]["message"].is_string(), "{path}");
    }
    // Nothing of a stranger is taken for markup.
    let page = dashboard.get("/coverage/ownership-detail?object=%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!page.body.contains("<script"), "{}", page.body);
}

#[test]
fn pages_tell_of_a_database_that_is_down_and_the_rest_still_works() {
    let world = World::new();
    world.configure("[targets.gone]\nread = \"host=127.0.0.1 port=1 dbname=shop user=nobody\"\n");
    let dashboard = Dashboard::start(&world.sandbox, &[]);
    for path in ["/releases", "/coverage", "/drift", "/queue"] {
        let page = dashboard.get(path);
        assert_eq!(page.status, 502, "{path}: {}", page.body);
        assert!(page.body.contains("The database does not answer"), "{path}");
        assert!(page.body.contains("href=\"/evidence\""), "{path}");
        let twin = dashboard.get(&format!("/api/v1{path}"));
        assert_eq!(
            (twin.status, &twin.json()["error"]["kind"]),
            (502, &json!("error"))
        );
    }
    let status = dashboard.get("/");
    assert_eq!(status.status, 200);
    assert!(status.body.contains("failed to"), "{}", status.body);
    assert_eq!(dashboard.get("/evidence").status, 200);
    assert_eq!(dashboard.get("/targets").status, 200);
    // The role was not looked at yet: no row before it was.
    let body = json!({ "sql": "select 1" }).to_string();
    let twin = dashboard.post("/api/v1/query", "Content-Type: application/json\r\n", &body);
    assert_eq!(twin.status, 502, "{}", twin.body);
}

#[test]
fn the_console_reads_and_explains_what_it_refuses() {
    let governed = reference();
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    let ask = |sql: &str| {
        let body = json!({ "sql": sql }).to_string();
        dashboard.post("/api/v1/query", "Content-Type: application/json\r\n", &body)
    };
    let rows = ask("select count(*) as anchors from governance_object_ownership");
    assert_eq!(rows.json()["rows"], json!([["30"]]));
    let refused = ask("delete from governance_object_ownership");
    assert_eq!(refused.status, 422);
    let error = refused.json()["error"].clone();
    assert_eq!(error["kind"], "refused");
    assert!(error["code"].is_string() && error["hint"].is_string());
    let failed = ask("select nothing from governance_object_ownership");
    assert_eq!(
        (failed.status, &failed.json()["error"]["sqlstate"]),
        (422, &json!("42703"))
    );

    let page = |body: &str| dashboard.post_form("/query?target=directus", "", body);
    let shown = page("sql=select+%27%3Cb%3E%27+as+word");
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("&lt;b&gt;") && !shown.body.contains("<b>"));
    let refused = page("sql=select+1%3B+drop+table+x");
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Refused: nothing ran"),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("What to do"), "{}", refused.body);
    // Each was written down, with the verb.
    let log = governed.sandbox.bash("cat runs/queries.jsonl").exits(0);
    assert!(log.stdout.contains("\"verb\":\"serve\""), "{}", log.stdout);
    assert_eq!(
        governed.value(
            "directus",
            "select count(*) from governance_object_ownership"
        ),
        "30"
    );
}

#[test]
fn only_this_machine_and_pages_of_ours_are_heard() {
    let governed = reference();
    let dashboard = Dashboard::start(&governed.sandbox, &["--host", "tools.example"]);
    for (headers, status) in [
        ("", 200),
        ("Host: localhost\r\n", 200),
        ("Host: tools.example:80\r\n", 200),
        ("Host: evil.example\r\n", 421),
        ("Host: 127.0.0.1.evil.example\r\n", 421),
    ] {
        assert_eq!(
            dashboard.get_with("/targets", headers).status,
            status,
            "{headers}"
        );
    }
    let post = |headers: &str| {
        dashboard
            .post_form("/query", headers, "sql=select+1")
            .status
    };
    assert_eq!(post("Sec-Fetch-Site: same-origin\r\n"), 200);
    assert_eq!(post("Sec-Fetch-Site: cross-site\r\n"), 403);
    assert_eq!(post("Origin: http://evil.example\r\n"), 403);
    assert_eq!(post("Content-Length: 600000\r\n"), 413);
    // Below the API our libraries' answers are JSON too.
    let wrong = dashboard.post("/api/v1/targets", "", "");
    assert_eq!(
        (wrong.status, wrong.header("allow")),
        (405, Some("GET,HEAD"))
    );
    assert_eq!(wrong.json()["error"]["kind"], "input");
    let long = "Content-Type: application/json\r\nContent-Length: 600000\r\n";
    let long = dashboard.post("/api/v1/query", long, "");
    assert_eq!(
        (long.status, &long.json()["error"]["kind"]),
        (413, &"input".into())
    );
    // A form that no page of ours made.
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let foreign = dashboard.post("/query", form, "sql=select+1&csrf=0");
    assert_eq!(foreign.status, 403, "{}", foreign.body);

    let other = governed.sandbox.run(&["serve", "--listen", "0.0.0.0:0"]);
    let other = other.exits(2);
    assert!(other.stderr.contains("no loopback"), "{}", other.stderr);
}

#[test]
fn the_gate_tells_what_is_in_the_way_and_hold_decides_nothing() {
    let governed = reference();
    // The copy bears no mark: it is a production.
    governed.copy("live");
    governed.configure("[targets.live.readonly]\naccept = [\"temp-right\"]");
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    let asked = "target=live&package=one-roof";
    let report = dashboard.get(&format!("/api/v1/gate?{asked}")).json()["report"].clone();
    assert_eq!(report["word"], "BLOCKED");
    let page = dashboard.get(&format!("/gate?{asked}"));
    assert_eq!(page.status, 200);
    for blocker in report["blockers"].as_array().unwrap() {
        let code = blocker["code"].as_str().unwrap();
        assert!(page.body.contains(code), "{code}: {}", page.body);
    }
    // A path is no package, wherever it leads.
    for path in ["..%2F..", "%2Fetc", "other"] {
        let page = dashboard.get(&format!("/gate?target=live&package={path}"));
        assert_eq!(page.status, 404, "{path}: {}", page.body);
    }
    let page = dashboard.get(&format!("/approve?{asked}"));
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body.contains("value=\"hold\" checked"),
        "{}",
        page.body
    );
    for decision in ["hold", "", "yes", "APPROVE"] {
        let body = format!("{asked}&decision={decision}&key=");
        let held = dashboard.post_form("/approve", "", &body);
        assert!(held.body.contains("Nothing was decided"), "{}", held.body);
    }
    // A key that no policy knows decides nothing either.
    let key = "ssh-ed25519+AAAAC3NzaC1lZDI1NTE5AAAAIPvUpGoV0cQp7y2CNv4c0hMyIdJjLpZm9fF0mT0C1q9v";
    let refused = dashboard.post_form(
        "/approve",
        "",
        &format!("{asked}&decision=approve&key={}", key.replace('+', "%20")),
    );
    assert_ne!(refused.status, 200, "{}", refused.body);
    let refused = dashboard.post_form(
        "/approve/signed",
        "",
        &format!("{asked}&text=%7B%7D&signature=x"),
    );
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(!governed.sandbox.project().join("approvals").exists());
}

#[test]
fn a_read_role_that_may_write_is_not_lent() {
    let world = World::new();
    world.sql("postgres", "create role writer login superuser");
    world.sql("postgres", "create database shop");
    let words = world.words("shop", "writer");
    world.configure(&format!("[targets.shop]\nread = \"{words}\"\n"));
    let refused = world
        .sandbox
        .run(&["serve", "--listen", "127.0.0.1:0", "--json"])
        .exits(3);
    let error: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(error["error"]["code"], "role-dangerous");
}
