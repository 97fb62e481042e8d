//! The API against its own description: schemathesis asks whatever the document says can be asked.

use std::path::{Path, PathBuf};

use crate::dashboard::Dashboard;
use crate::governed::Governed;
use crate::sandbox::{Outcome, Sandbox};

fn schemathesis() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/py-schemathesis");
    let program = folder.join("bin/schemathesis");
    assert!(program.is_file(), "run scripts/py-schemathesis/install");
    folder
}

/// Runs a program of the folder where schemathesis is.
#[expect(
    clippy::disallowed_methods,
    reason = "the same Python as scripts/py-schemathesis/install had"
)]
fn python(sandbox: &Sandbox, arguments: &str) -> Outcome {
    let path = std::env::var("PATH").unwrap();
    sandbox.bash(&format!(
        "PATH={path:?} PYTHONPATH={} python3 {arguments}",
        schemathesis().display()
    ))
}

fn compare(sandbox: &Sandbox, dashboard: &Dashboard, arguments: &[&str]) -> Outcome {
    let quoted: Vec<String> = arguments.iter().map(|one| format!("'{one}'")).collect();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/described.py");
    let (program, address) = (program.display(), &dashboard.address);
    python(
        sandbox,
        &format!("{program} http://{address} {}", quoted.join(" ")),
    )
}

/// Each of these addresses answers, and its answer has the shape that the description says.
#[track_caller]
pub(crate) fn answers_as_described(sandbox: &Sandbox, dashboard: &Dashboard, paths: &[&str]) {
    let outcome = compare(sandbox, dashboard, paths);
    assert!(outcome.stdout.contains("as described"), "{outcome:?}");
    let _ = outcome.exits(0);
}

#[test]
fn the_api_answers_as_its_description_says() {
    let governed = Governed::one_roof();
    governed.configure("[targets.directus.readonly]\naccept = [\"temp-right\"]");
    let sandbox = &governed.sandbox;
    sandbox.write(
        "hub/knowledge/gate.md",
        "# The gate\n\nSee [more](more.md).\n",
    );
    sandbox.write("hub/knowledge/more.md", "# More\n");
    let dashboard = Dashboard::start(sandbox, &[]);
    // What chance would not hit upon: names that are there.
    let named = [
        "/api/v1/releases/one-roof",
        "/api/v1/gate?package=one-roof",
        "/api/v1/coverage/ownership-detail?object=agents",
        "/api/v1/coverage/owner?agency=GOV-DOT",
        "/api/v1/coverage/scan-status",
        "/api/v1/hub/knowledge/more.md",
        "/api/v1/hub?q=gate",
        "/api/v1/status",
    ];
    answers_as_described(sandbox, &dashboard, &named);
    // It tells when an answer is not as described.
    let wrong = ["--as-if", "DocumentSeen.revision", "/api/v1/hub"];
    let outcome = compare(sandbox, &dashboard, &wrong);
    assert!(outcome.stdout.contains("is not of type"), "{outcome:?}");
    // The same questions in each run; no server error, and status, type and shape as described.
    let outcome = python(
        sandbox,
        &format!(
            "{}/bin/schemathesis run http://{}/api/v1/openapi.json \
             --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
             --phases examples,fuzzing --max-examples 3 --generation-deterministic --no-color",
            schemathesis().display(),
            dashboard.address
        ),
    );
    let outcome = outcome.exits(0);
    let described = dashboard.get("/api/v1/openapi.json").json();
    let paths = described["paths"].as_object().unwrap().len();
    assert!(
        outcome.stdout.contains(&format!("Tested: {paths}")),
        "{}",
        outcome.stdout
    );
}
