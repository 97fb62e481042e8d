//! A folder of its own, an empty environment, and the binary in it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use oneroof_pg::testing::{self, TestFolder};

/// A temporary folder with a `project` and a `home` in it, and another one for private servers.
pub(crate) struct Sandbox {
    folder: TestFolder,
    servers: TestFolder,
}

/// What a run of the binary left.
#[must_use]
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        let sandbox = Sandbox {
            folder: TestFolder::new(),
            servers: TestFolder::new_in(&testing::server_folder()),
        };
        fs::create_dir_all(sandbox.project()).unwrap();
        fs::create_dir_all(sandbox.folder.path().join("home")).unwrap();
        // Servers of oneroof run as another user when the tests run as root.
        for folder in [&sandbox.folder, &sandbox.servers] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        }
        sandbox
    }

    /// A sandbox whose `oneroof.toml` has this text.
    pub(crate) fn with_config(text: &str) -> Sandbox {
        let sandbox = Sandbox::new();
        sandbox.write("oneroof.toml", text);
        sandbox
    }

    /// The same, with package `mine` in it, which needs no parameters.
    pub(crate) fn with_package(config: &str) -> Sandbox {
        let sandbox = Sandbox::with_config(config);
        let _ = sandbox.run(&["package", "new", "packages/mine"]).exits(0);
        sandbox
    }

    /// The current folder of every run.
    pub(crate) fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Asserts how many private servers there are now.
    #[track_caller]
    pub(crate) fn has_servers(&self, count: usize) {
        let is_ours = |name: &String| name.starts_with("oneroof-");
        let names = fs::read_dir(self.servers.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        let found: Vec<String> = names.filter(is_ours).collect();
        assert_eq!(found.len(), count, "{found:?}");
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.project().join(path)).unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(&[], arguments)
    }

    /// Runs with further environment variables.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        let mut command = assert_cmd::Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.project())
            .env_clear();
        command
            .envs(self.environment())
            .envs(variables.iter().copied());
        Outcome::of(command.output().unwrap())
    }

    /// Runs a line of bash in which `$oneroof` is the binary.
    pub(crate) fn bash(&self, line: &str) -> Outcome {
        let mut command = assert_cmd::Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(self.project())
            .env_clear();
        command.envs(self.environment()).env("oneroof", binary());
        Outcome::of(command.output().unwrap())
    }

    /// The variables that every run has.
    pub(crate) fn environment(&self) -> [(&'static str, PathBuf); 4] {
        [
            ("HOME", self.folder.path().join("home")),
            ("TMPDIR", self.folder.path().to_owned()),
            ("PATH", PathBuf::from("/usr/bin:/bin")),
            ("ONEROOF_SERVER_FOLDER", self.servers.path().to_owned()),
        ]
    }
}

impl Outcome {
    fn of(output: std::process::Output) -> Outcome {
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code, showing everything if it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Outcome {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Asserts that stderr has all of these.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Outcome {
        for text in texts {
            assert!(self.stderr.contains(text), "`{text}` is not in {self:#?}");
        }
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }
}

/// The binary under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_oneroof"))
}
