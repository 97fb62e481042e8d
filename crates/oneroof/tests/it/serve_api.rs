//! The API against its own description: schemathesis asks whatever the document says can be asked.

use std::path::Path;

use crate::dashboard::Dashboard;
use crate::governed::Governed;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the same Python as scripts/py-schemathesis/install had"
)]
fn the_api_answers_as_its_description_says() {
    let governed = Governed::one_roof();
    governed.configure("[targets.directus.readonly]\naccept = [\"temp-right\"]");
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/py-schemathesis");
    let program = folder.join("bin/schemathesis");
    assert!(program.is_file(), "run scripts/py-schemathesis/install");
    let path = std::env::var("PATH").unwrap();
    // The same questions in each run; no server error, and status, type and shape as described.
    let outcome = governed.sandbox.bash(&format!(
        "PATH={path:?} PYTHONPATH={} python3 {} run http://{}/api/v1/openapi.json \
         --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
         --phases examples,fuzzing --max-examples 3 --generation-deterministic --no-color",
        folder.display(),
        program.display(),
        dashboard.address
    ));
    let outcome = outcome.exits(0);
    let described = dashboard.get("/api/v1/openapi.json").json();
    let paths = described["paths"].as_object().unwrap().len();
    assert!(
        outcome.stdout.contains(&format!("Tested: {paths}")),
        "{}",
        outcome.stdout
    );
}
