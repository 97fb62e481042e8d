//! A real Chromium without a window, driven over WebDriver: a handful of JSON requests.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use oneroof_pg::testing::TestFolder;
use serde_json::{Value, json};

/// How long a page may take to be there: a browser waits for the disk too, which may be busy with a build.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// How a window is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) scripts: bool,
    pub(crate) dark: bool,
}

impl Window {
    /// As on a desk.
    pub(crate) fn desk() -> Window {
        Window {
            width: 1280,
            height: 900,
            scripts: true,
            dark: false,
        }
    }

    /// As on a telephone.
    pub(crate) fn telephone() -> Window {
        Window {
            width: 360,
            height: 740,
            ..Window::desk()
        }
    }
}

/// One browser with one window, until it is dropped.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: TestFolder,
}

impl Browser {
    #[expect(
        clippy::disallowed_methods,
        reason = "the browser of the tests is no program of ours"
    )]
    pub(crate) fn open(window: Window) -> Browser {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scripts/setup --test installs chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.unwrap();
                let port = line.split("started successfully on port ").nth(1)?;
                port.trim_end_matches('.').parse().ok()
            })
            .expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        let profile = TestFolder::new();
        let mut browser = Browser {
            driver,
            port,
            session: String::new(),
            _profile: profile,
        };
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--user-data-dir={}", browser._profile.path().display()),
            format!("--window-size={},{}", window.width, window.height),
        ];
        if window.dark {
            arguments.push("--force-dark-mode".to_owned());
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let mut options = json!({ "args": arguments });
        if !window.scripts {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        // A window cannot be made as narrow as a telephone: its screen can.
        if window.width < 500 {
            options["mobileEmulation"] = json!({ "deviceMetrics": {
                "width": window.width, "height": window.height, "pixelRatio": 2.0, "mobile": true,
            } });
        }
        let answer = browser.send(
            "POST",
            "/session",
            &json!({ "capabilities": { "alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": options,
                "goog:loggingPrefs": { "browser": "ALL" },
            } } }),
        );
        browser.session = answer["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {answer}"))
            .to_owned();
        browser
    }

    /// Opens an address and waits until it is loaded.
    pub(crate) fn go(&self, url: &str) {
        let _ = self.of_session("POST", "/url", &json!({ "url": url }));
    }

    /// Runs the body of a function in the page, and gives what it returns.
    pub(crate) fn run(&self, body: &str) -> Value {
        self.of_session(
            "POST",
            "/execute/sync",
            &json!({ "script": body, "args": [] }),
        )
    }

    /// The same for a function that calls back: its last argument.
    pub(crate) fn run_later(&self, body: &str) -> Value {
        self.of_session(
            "POST",
            "/execute/async",
            &json!({ "script": body, "args": [] }),
        )
    }

    /// Waits until the page has this text.
    #[track_caller]
    pub(crate) fn sees(&self, word: &str) {
        self.wait(word, || {
            let body = json!({ "using": "css selector", "value": "body" });
            let body = self.ask("POST", "/element", &body)?;
            let body = body.as_object()?.values().next()?.as_str()?.to_owned();
            let text = self.ask("GET", &format!("/element/{body}/text"), &Value::Null)?;
            text.as_str().map(str::to_owned)
        });
    }

    /// Waits until the address has this part.
    #[track_caller]
    pub(crate) fn is_at(&self, part: &str) {
        self.wait(part, || {
            let url = self.ask("GET", "/url", &Value::Null)?;
            url.as_str().map(str::to_owned)
        });
    }

    /// A click returns before the next page is there; what is asked in between has no answer.
    #[track_caller]
    fn wait(&self, part: &str, look: impl Fn() -> Option<String>) {
        let began = Instant::now();
        let mut seen = String::new();
        while began.elapsed() < WAIT_MAX {
            seen = look().unwrap_or_default();
            if seen.contains(part) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("`{part}` is not in:\n{seen}");
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let path = format!("/session/{}{path}", self.session);
        let value = self.answer(method, &path, body);
        value["error"].is_null().then_some(value)
    }

    /// Clicks what a CSS selector finds first.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.find(selector);
        let _ = self.of_session("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Types into what a CSS selector finds first.
    pub(crate) fn write(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        let keys = json!({ "text": text });
        let _ = self.of_session("POST", &format!("/element/{element}/value"), &keys);
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub(crate) fn press(&self, keys: &[char]) {
        let actions: Vec<Value> = keys
            .iter()
            .flat_map(|key| {
                let key = key.to_string();
                [
                    json!({ "type": "keyDown", "value": key }),
                    json!({ "type": "keyUp", "value": key }),
                ]
            })
            .collect();
        let _ = self.of_session(
            "POST",
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }),
        );
    }

    /// Gives the browser a telephone's authenticator, which knows its owner; gives its id.
    pub(crate) fn authenticator(&self) -> String {
        let made = self.of_session(
            "POST",
            "/webauthn/authenticator",
            &json!({
                "protocol": "ctap2", "transport": "internal",
                "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
            }),
        );
        made.as_str().unwrap().to_owned()
    }

    /// From now on it knows its owner, or does not.
    pub(crate) fn knows_owner(&self, authenticator: &str, knows: bool) {
        let _ = self.of_session(
            "POST",
            &format!("/webauthn/authenticator/{authenticator}/uv"),
            &json!({ "isUserVerified": knows }),
        );
    }

    /// What the browser complained about since the last question.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.of_session("POST", "/se/log", &json!({ "type": "browser" }));
        let lines = log.as_array().cloned().unwrap_or_default();
        lines
            .iter()
            .map(|line| line["message"].to_string())
            .collect()
    }

    fn find(&self, selector: &str) -> String {
        let found = self.of_session(
            "POST",
            "/element",
            &json!({ "using": "css selector", "value": selector }),
        );
        let found = found.as_object().unwrap().values().next().unwrap();
        found
            .as_str()
            .unwrap_or_else(|| panic!("{selector}: {found}"))
            .to_owned()
    }

    #[track_caller]
    fn of_session(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.send(method, &path, body)
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let value = self.answer(method, path, body);
        assert!(value["error"].is_null(), "{method} {path}: {value:#}");
        value
    }

    fn answer(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        // It keeps the connection open, whatever it is asked: the length tells where the answer ends.
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            let _ = reader.read_line(&mut line).unwrap();
            let line = line.trim().to_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.of_session("DELETE", "", &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// axe-core, to be run in a page.
pub(crate) fn axe() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/npm-axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(file).expect("run scripts/npm-axe/install")
}
