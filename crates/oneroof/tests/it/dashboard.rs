//! `oneroof serve`, until it is dropped, and a browser's side of HTTP in forty lines.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// A dashboard that listens.
pub(crate) struct Dashboard {
    child: Child,
    /// What the command reported before.
    pub(crate) said: Vec<Value>,
    pub(crate) address: String,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Dashboard {
    /// Of the project of a sandbox.
    pub(crate) fn start(sandbox: &Sandbox, arguments: &[&str]) -> Dashboard {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--json"];
        Dashboard::open(sandbox, &[&serve, arguments].concat())
    }

    /// Of any command that ends in one.
    #[expect(
        clippy::disallowed_methods,
        reason = "a server that a test talks to and ends"
    )]
    pub(crate) fn open(sandbox: &Sandbox, arguments: &[&str]) -> Dashboard {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("oneroof"))
            .arg("--project")
            .arg(sandbox.project())
            .args(arguments)
            .envs(sandbox.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each report is printed over several lines, the last of which is a bracket alone.
        let mut said = Vec::new();
        let mut text = String::new();
        let ready: Value = loop {
            let line = lines.next().expect("it listens before it ends").unwrap();
            text.push_str(&line);
            if line == "}" {
                let report: Value = serde_json::from_str(&text).unwrap();
                text.clear();
                match report["url"].is_string() {
                    true => break report,
                    false => said.push(report),
                }
            }
        };
        let url = ready["url"].as_str().unwrap();
        Dashboard {
            child,
            said,
            address: url
                .split_once("://")
                .unwrap()
                .1
                .trim_end_matches('/')
                .to_owned(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.get_with(path, "")
    }

    /// With further header lines; one that says `Host` or `Content-Length` replaces ours.
    pub(crate) fn get_with(&self, path: &str, headers: &str) -> Reply {
        self.send("GET", path, headers, "")
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> Reply {
        self.send("POST", path, headers, body)
    }

    /// A form as a page of the dashboard sends it: with its sign.
    pub(crate) fn post_form(&self, path: &str, headers: &str, body: &str) -> Reply {
        let page = self.get("/query").body;
        let sign = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let sign = sign.split('"').next().unwrap();
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.post(
            path,
            &format!("{kind}{headers}"),
            &format!("csrf={sign}&{body}"),
        )
    }

    /// The most memory that it ever had.
    pub(crate) fn memory_max_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let host = match headers.contains("Host:") {
            true => String::new(),
            false => format!("Host: {}\r\n", self.address),
        };
        let length = match headers.contains("Content-Length:") {
            true => String::new(),
            false => format!("Content-Length: {}\r\n", body.len()),
        };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{host}{headers}{length}Connection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Reply {
            status: head.split_whitespace().nth(1).unwrap().parse().unwrap(),
            headers: head.replace("\r\n", "\n"),
            body: match head.to_lowercase().contains("transfer-encoding: chunked") {
                true => unchunked(body),
                false => body.to_owned(),
            },
        }
    }
}

fn unchunked(mut text: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        text = &rest[size + 2..];
    }
    whole
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
