//! Passkeys from the wish to the open gate, in a real browser with an authenticator of its own: who lets whom in, what
//! a signature counts for, and what does not count.

use serde_json::Value;

use crate::browser::{Browser, Window};
use crate::dashboard::Dashboard;
use crate::gated::Gated;
use crate::serve_api::answers_as_described;
use crate::serve_browser::has_no_barrier;

/// A production whose people sign with SSH keys, on a dashboard that a telephone looks at.
struct Scene {
    gated: Gated,
    dashboard: Dashboard,
    browser: Browser,
    authenticator: String,
}

impl Scene {
    fn new() -> Scene {
        let gated = Gated::new();
        gated.world.configure(
            "[targets.shop.readonly]\naccept = [\"memberships\", \"write-rights\", \"create-rights\", \"temp-right\", \"secrets\", \"definer-functions\", \"effect-functions\", \"user-mappings\", \"foreign-servers\"]",
        );
        let dashboard = Dashboard::start(&gated.world.sandbox, &[]);
        let browser = Browser::open(Window::telephone());
        let authenticator = browser.authenticator();
        Scene {
            gated,
            dashboard,
            browser,
            authenticator,
        }
    }

    fn port(&self) -> &str {
        self.dashboard.address.rsplit(':').next().unwrap()
    }

    fn origin(&self) -> String {
        format!("http://localhost:{}", self.port())
    }

    fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.origin()));
    }

    /// Somebody wishes for a passkey; gives the file.
    fn wish(&self, person: &str, level: &str) -> String {
        self.go("/passkeys?target=shop");
        self.browser.write("#person", person);
        self.browser.write("#level", level);
        self.browser.write("#name", "telephone");
        self.browser.click("form[data-passkey=make] button");
        self.browser.sees("The wish is kept");
        let file = self.browser.run(
            "return [...document.querySelectorAll('code')].map(one => one.textContent).find(one => one.startsWith('enrolments/'));",
        );
        file.as_str().unwrap().to_owned()
    }

    /// A DBA lets a passkey in.
    fn adopt(&self, file: &str) -> crate::sandbox::Outcome {
        let dba = self
            .gated
            .world
            .words("shop", oneroof_pg::testing::SUPERUSER);
        self.gated.world.sandbox.run(&[
            "adopt",
            "shop",
            "--enrol",
            file,
            "--execute",
            "--dba",
            &dba,
        ])
    }

    /// Opens the page on which a passkey signs an approval.
    fn to_sign(&self, person: &str) {
        self.go("/approve?target=shop&package=paying");
        self.browser.click("input[value=approve]");
        self.browser.write("#reason", "reviewed on the way home");
        self.browser
            .write("#passkey", &format!("the passkey of {person}"));
        self.browser.click(".decide button");
        self.browser.sees("What the passkey signs is this file");
    }

    fn presses(&self) {
        self.browser.click("form[data-passkey=sign] button");
    }

    /// Why an approval of somebody does not count.
    #[track_caller]
    fn why(&self, approver: &str) -> String {
        let report = self.gated.gate();
        let all = report["approvals"].as_array().unwrap();
        let one = all.iter().rfind(|one| one["approver"] == approver);
        let one = one.unwrap_or_else(|| panic!("{report:#}"));
        assert_ne!(one["standing"], "counts", "{one:#}");
        one["why"].to_string()
    }

    fn newest_approval(&self) -> String {
        let found = self
            .gated
            .world
            .sandbox
            .bash("ls -t approvals/*.json | head -1")
            .exits(0);
        found.stdout.trim().to_owned()
    }
}

#[test]
fn a_passkey_is_let_in_by_somebody_else_and_opens_the_gate() {
    let scene = Scene::new();
    let sandbox = &scene.gated.world.sandbox;
    // By its number a dashboard has no passkeys, and says where there are.
    scene
        .browser
        .go(&format!("http://{}/passkeys", scene.dashboard.address));
    scene.browser.sees("open http://localhost:");
    let wish = scene.wish("dora", "L2");
    scene.go("/passkeys?target=shop");
    scene.browser.sees("ada (L4), bob (L2), cid (L2)");
    has_no_barrier(&scene.browser, "/passkeys");
    let twin = scene.dashboard.get("/api/v1/passkeys?target=shop").json();
    let wished = &twin["wishes"][0];
    assert_eq!(wished["passkey"]["person"], "dora", "{twin:#}");
    assert_eq!(wished["signed_by"], Value::Null, "{twin:#}");

    // Nobody signed it; then somebody whom the policy does not know; then a file that was changed after it was signed.
    let refused = scene.adopt(&wish).exits(3);
    assert!(
        refused.stderr.contains("cannot be read"),
        "{}",
        refused.stderr
    );
    let sign = |who: &str, wish: &str| {
        scene.gated.bash(&format!(
            "rm -f {wish}.sig && ssh-keygen -q -Y sign -n oneroof-enrolment -f {who} {wish}"
        ));
    };
    sign("eve", &wish);
    let refused = scene.adopt(&wish).exits(3);
    assert!(
        refused.stderr.contains("no approver's of the policy"),
        "{}",
        refused.stderr
    );
    sign("cid", &wish);
    let text = sandbox.read(&wish);
    sandbox.write(&wish, &text.replace("\"L2\"", "\"L4\""));
    let refused = scene.adopt(&wish).exits(3);
    assert!(
        refused.stderr.contains("were changed"),
        "{}",
        refused.stderr
    );
    // Signed again as it is now, it takes more than L2.
    sign("cid", &wish);
    let refused = scene.adopt(&wish).exits(3);
    assert!(
        refused.stderr.contains("takes L4 or higher"),
        "{}",
        refused.stderr
    );
    sandbox.write(&wish, &text);
    sign("cid", &wish);
    let adopted = scene.adopt(&wish).exits(0);
    assert!(
        adopted.stdout.contains("policy 2") && adopted.stderr.contains("[[approver.passkey]]"),
        "{adopted:?}"
    );
    let again = scene.adopt(&wish).exits(3);
    assert!(
        again.stderr.contains("has this passkey already"),
        "{}",
        again.stderr
    );

    // Dora says yes on her telephone.
    scene.to_sign("dora");
    has_no_barrier(&scene.browser, "/approve, to sign with a passkey");
    let widths = scene
        .browser
        .run("return document.documentElement.scrollWidth <= innerWidth;");
    assert_eq!(widths, true);
    scene.presses();
    scene.browser.sees("The decision is kept");
    let file = scene.newest_approval();
    assert_eq!(
        scene.gated.blockers(),
        ["approval_missing"],
        "one of two is there"
    );
    let _ = scene.gated.approve("ada");
    scene.gated.is_ready();
    // Chromium would like RSA too, for which OpenSSH has no form.
    let mut complaints = scene.browser.complaints();
    complaints.retain(|line| !line.contains("pubKeyCredParams"));
    assert!(complaints.is_empty(), "{complaints:#?}");

    // Plain OpenSSH agrees, and so does any other program: what docs/guides/passkeys.md says, word for word.
    let export = sandbox.run(&["policy", "export", "shop"]).exits(0);
    sandbox.write("allowed_signers", &export.stdout);
    let by_hand = commands_of("docs/guides/passkeys.md").replace("FILE", &file);
    let checked = sandbox.bash(&by_hand).exits(0);
    assert!(
        checked
            .stdout
            .contains("Good \"oneroof-approval\" signature for dora"),
        "{}",
        checked.stdout
    );
    let origin = format!("\"origin\":\"{}\"", scene.origin());
    assert!(checked.stdout.contains(&origin), "{}", checked.stdout);

    // One byte, and it is void: of the file, of the signature.
    let (text, signature) = (sandbox.read(&file), sandbox.read(&format!("{file}.sig")));
    sandbox.write(&file, &text.replace("way home", "way hone"));
    assert!(
        scene
            .why("dora")
            .contains("its challenge is of something else")
    );
    let _ = sandbox.bash(&by_hand).exits(255);
    sandbox.write(&file, &text);
    let place = signature.len() / 2;
    let other = if signature.as_bytes()[place] == b'A' {
        "B"
    } else {
        "A"
    };
    let changed = format!("{}{other}{}", &signature[..place], &signature[place + 1..]);
    sandbox.write(&format!("{file}.sig"), &changed);
    assert!(scene.why("dora").contains("its signature"));
    sandbox.write(&format!("{file}.sig"), &signature);
    scene.gated.is_ready();

    // What she said she can take back with the same passkey, and nobody else can.
    let gate = "/gate?target=shop&package=paying";
    let take_back = |who: &str| {
        scene.go(gate);
        scene
            .browser
            .click(&format!("a[href*='take-back'][href*='-{who}-']"));
        scene.browser.sees(&format!("The decision of {who}"));
        scene.browser.write("#reason", "new facts");
    };
    take_back("ada");
    let choices = scene
        .browser
        .run("return document.querySelector('#passkey');");
    assert_eq!(choices, Value::Null, "ada has no passkey");
    scene.browser.click(".decide button");
    scene.browser.sees("ssh-keygen -Y sign -n oneroof-approval");
    let revocation = scene
        .browser
        .run("return document.querySelector('input[name=text]').value;");
    sandbox.write("revocation.json", revocation.as_str().unwrap());
    scene
        .gated
        .bash("ssh-keygen -q -Y sign -n oneroof-approval -f bob revocation.json");
    scene
        .browser
        .write("#signature", &sandbox.read("revocation.json.sig"));
    scene.browser.click(".steps > li:last-child button");
    scene.browser.sees("nobody else takes it back");
    scene.gated.is_ready();
    take_back("dora");
    has_no_barrier(&scene.browser, "/approve/take-back");
    scene.browser.write("#passkey", "the passkey of dora");
    scene.browser.click(".decide button");
    scene.browser.sees("What the passkey signs is this file");
    scene.presses();
    scene.browser.sees("The decision is taken back");
    assert!(scene.why("dora").contains("dora took it back"));
    scene.to_sign("dora");
    scene.presses();
    scene.browser.sees("The decision is kept");
    scene.gated.is_ready();
    // And it is applied.
    let applied = scene
        .gated
        .world
        .done("apply paying --target shop --execute");
    let who = applied["approved"]["approvals"].to_string();
    assert!(who.contains("dora") && who.contains("ada"), "{who}");
    // With approvals of every standing, a wish, a passkey and a rehearsal, the API is still as it describes itself.
    let evidence = &scene.gated.evidence;
    answers_as_described(
        sandbox,
        &scene.dashboard,
        &[
            "/api/v1/gate?target=shop&package=paying",
            "/api/v1/approve?target=shop&package=paying",
            "/api/v1/passkeys?target=shop",
            "/api/v1/releases/paying?target=shop",
            "/api/v1/evidence",
            &format!("/api/v1/evidence/{evidence}"),
            &format!("/api/v1/under-way/{evidence}"),
        ],
    );
}

#[test]
fn what_a_passkey_gives_counts_for_these_bytes_here_and_for_its_person() {
    let scene = Scene::new();
    let sandbox = &scene.gated.world.sandbox;
    let browser = &scene.browser;
    let wish = scene.wish("dora", "L2");
    scene.gated.bash(&format!(
        "ssh-keygen -q -Y sign -n oneroof-enrolment -f ada {wish}"
    ));
    let _ = scene.adopt(&wish).exits(0);

    // Her passkey lets the next one in; hers she could not.
    let next = scene.wish("bob", "L2");
    scene.go("/passkeys?target=shop");
    browser.write("#passkey", "the passkey of dora");
    browser.click("section.card:last-of-type .decide button");
    browser.sees("Ask them for the fingerprint first");
    scene.presses();
    browser.sees("The signature is kept");
    let _ = scene.adopt(&next).exits(0);
    let own = scene.wish("dora", "L2");
    scene.gated.bash(&format!("cp {next}.sig {own}.sig"));
    let refused = scene.adopt(&own).exits(3);
    assert!(
        refused.stderr.contains("challenge is of something else"),
        "{}",
        refused.stderr
    );

    // A challenge that is not of this file.
    scene.to_sign("dora");
    let _ = browser.run("document.querySelector('form[data-passkey]').dataset.challenge = 'AAAA';");
    scene.presses();
    browser.sees("its challenge is of something else");
    // The text of another decision under the signature.
    scene.to_sign("dora");
    let _ = browser.run("const text = document.querySelector('form[data-passkey] input[name=text]'); text.value = text.value.replace('way home', 'way out');");
    scene.presses();
    browser.sees("its challenge is of something else");
    // Another key than the one that signed.
    scene.to_sign("dora");
    let _ = browser.run("const form = document.querySelector('form[data-passkey]'); const key = form.elements.namedItem('key'); key.value = key.value.slice(0, -30) + 'A' + key.value.slice(-29);");
    scene.presses();
    browser.sees("Cannot be understood");
    // A thief at the telephone: the browser refuses, and so do we if it did not.
    browser.knows_owner(&scene.authenticator, false);
    scene.to_sign("dora");
    scene.presses();
    browser.sees("No passkey was used");
    let signed = browser.run_later(
        "const done = arguments[arguments.length - 1];
         const form = document.querySelector('form[data-passkey]');
         navigator.credentials.get({ publicKey: { challenge: bytes(form.dataset.challenge), rpId: form.dataset.rp,
             allowCredentials: known(form), userVerification: 'discouraged' } }).then(signed => {
             const given = { credential: text(signed.rawId), authenticator_data: text(signed.response.authenticatorData),
                 client_data: text(signed.response.clientDataJSON), assertion: text(signed.response.signature) };
             for (const [name, value] of Object.entries(given)) form.elements.namedItem(name).value = value;
             form.submit(); done('sent');
         }, error => done(error.message));",
    );
    assert_eq!(signed, "sent");
    browser.sees("the person was not verified");
    browser.knows_owner(&scene.authenticator, true);
    assert_eq!(
        sandbox.bash("ls approvals 2>/dev/null").stdout,
        "",
        "nothing of that was kept"
    );

    // The same passkey on another port: a page of somebody else on this machine. What it gives is no fault of form, so
    // it is kept, and the gate says why it is nobody's.
    let other = Dashboard::start(sandbox, &[]);
    let elsewhere = format!(
        "http://localhost:{}",
        other.address.rsplit(':').next().unwrap()
    );
    scene.to_sign("dora");
    let page = browser.run(
        "const form = document.querySelector('form[data-passkey]');
         return { text: form.elements.namedItem('text').value, key: form.elements.namedItem('key').value,
             challenge: form.dataset.challenge, credentials: form.dataset.credentials };",
    );
    browser.go(&format!("{elsewhere}/passkeys?target=shop"));
    let posted = browser.run_later(&format!(
        "const done = arguments[arguments.length - 1]; const page = {page};
         navigator.credentials.get({{ publicKey: {{ challenge: bytes(page.challenge), rpId: 'localhost', allowCredentials: [{{ type: 'public-key', id: bytes(page.credentials) }}], userVerification: 'required' }} }}).then(signed => {{
             const form = document.createElement('form'); form.method = 'post'; form.action = '/approve/signed';
             const given = {{ csrf: document.querySelector('[name=csrf]').value, target: 'shop', package: 'paying', text: page.text, key: page.key,
                 authenticator_data: text(signed.response.authenticatorData), client_data: text(signed.response.clientDataJSON),
                 assertion: text(signed.response.signature) }};
             for (const [name, value] of Object.entries(given)) {{ const field = document.createElement('textarea'); field.name = name; field.value = value; form.append(field); }}
             document.body.append(form); form.submit(); done(text(signed.rawId));
         }}, error => done(error.message));"
    ));
    let known: Value = serde_json::from_str(&sandbox.read(&wish)).unwrap();
    assert_eq!(posted, known["passkey"]["credential"], "hers answered");
    browser.sees("The decision is kept");
    let why = scene.why("dora");
    assert!(
        why.contains(&elsewhere) && why.contains(&scene.origin()),
        "{why}"
    );
}

#[test]
fn people_sign_in_with_a_passkey_where_they_must() {
    let mut scene = Scene::new();
    let wish = scene.wish("dora", "L2");
    let port = scene.port().to_owned();
    let sandbox = &scene.gated.world.sandbox;
    let add = [
        "serve",
        "token",
        "add",
        "dora",
        "--role",
        "approver",
        "--passkey",
        &wish,
    ];
    let added = sandbox.run(&add).exits(0);
    assert!(
        added
            .stdout
            .contains("comes in with a passkey at http://localhost:"),
        "{}",
        added.stdout
    );
    let list = sandbox.run(&["serve", "token", "list"]).exits(0);
    assert!(list.stdout.contains("a passkey"), "{}", list.stdout);
    // The dashboard that nobody signs in to ends, and one takes its place where people do.
    let listen = format!("127.0.0.1:{port}");
    drop(std::mem::replace(
        &mut scene.dashboard,
        Dashboard::start(sandbox, &[]),
    ));
    let locked = Dashboard::open(
        sandbox,
        &["serve", "--listen", &listen, "--json", "--sign-in"],
    );
    scene.dashboard = locked;
    let browser = &scene.browser;
    scene.go("/hub");
    browser.sees("Sign in with a passkey");
    has_no_barrier(browser, "/sign-in with a passkey");
    let challenge =
        browser.run("return document.querySelector('form[data-passkey]').dataset.challenge;");
    browser.click("form[data-passkey] button");
    browser.is_at("/hub");
    browser.sees("dora");
    browser.sees("approver");
    // By its public key nobody comes in, nor with a challenge that was used.
    let known: Value = serde_json::from_str(&sandbox.read(&wish)).unwrap();
    let key = known["passkey"]["key"].as_str().unwrap();
    let page = scene
        .dashboard
        .get_with("/hub", &format!("Authorization: Bearer {key}\r\n"));
    assert_ne!(page.status, 200);
    browser.click(".visitor button");
    browser.sees("Sign in with a passkey");
    let _ = browser.run(&format!(
        "const form = document.querySelector('form[data-passkey]'); form.dataset.challenge = {challenge}; form.elements.namedItem('challenge').value = {challenge};"
    ));
    browser.click("form[data-passkey] button");
    browser.sees("was used, or is not ours");
    // Her passkey counts on. Somebody with a copy of it counted further: hers is refused, and so is what was begun.
    browser.click("form[data-passkey] button");
    browser.sees("dora");
    let counters = ".oneroof/passkey-counters.json";
    let text = sandbox.read(counters);
    let kept: Value = serde_json::from_str(&text).unwrap();
    let (digest, count) = kept["counters"].as_object().unwrap().iter().next().unwrap();
    assert!(count.as_u64().unwrap() >= 2, "{text}");
    sandbox.write(
        counters,
        &format!("{{\"format\":1,\"counters\":{{\"{digest}\":1000000}}}}"),
    );
    scene.go("/sign-in?next=%2Fhub");
    browser.click("form[data-passkey] button");
    browser.sees("after 1000000: it may have been copied");
    scene.go("/hub");
    browser.sees("Sign in with a passkey");
    sandbox.write(counters, &text);
    // What is not let in any more is out at once.
    scene.go("/hub");
    browser.click("form[data-passkey] button");
    browser.is_at("/hub");
    browser.sees("dora");
    let _ = sandbox.run(&["serve", "token", "revoke", "dora"]).exits(0);
    scene.go("/hub");
    browser.sees("Your token");
}

/// The commands of the page that say how to check without oneroof.
fn commands_of(page: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(page);
    let text = std::fs::read_to_string(file).unwrap();
    let part = text.split("## Check one without oneroof").nth(1).unwrap();
    let block = part
        .split("```console\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let lines = block.lines().filter_map(|line| line.strip_prefix("$ "));
    // The list is exported by the test, once.
    lines
        .filter(|line| !line.starts_with("oneroof"))
        .fold("set -e".to_owned(), |all, line| all + "\n" + line)
}
