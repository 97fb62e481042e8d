//! Throw-away servers: they start, stop and leave nothing, whatever happens to their maker.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use oneroof_pg::connect::{SessionOptions, connect};
use oneroof_pg::ephemeral::{
    ClusterLocale, EphemeralServer, LocaleProvider, Registry, RegistryError, SearchPlaces,
    ServerBinaries, ServerConfig, ServerStartError, find, find_client,
};
use oneroof_pg::programs::Program;
use oneroof_pg::testing::{binaries_of, system_binaries};

/// Folders of one test: what is left in them is a fault.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("oneroof-t-")
            .tempdir_in(oneroof_pg::testing::server_folder())
            .unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        // The server's account must get through to its own folder.
        for path in [folder.path(), &folder.path().join("tmp")] {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    fn temp(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    fn registry(&self) -> Registry {
        Registry::at(self.folder.path().join("servers"))
    }

    fn config(&self) -> ServerConfig {
        let mut config = ServerConfig::new(system_binaries(), self.registry());
        config.temp_folder = self.temp();
        config
    }

    #[track_caller]
    fn assert_empty(&self) {
        let left: Vec<_> = fs::read_dir(self.temp())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(left.is_empty(), "folders are left: {left:?}");
        let entries = self.registry().list().unwrap();
        assert!(entries.is_empty(), "entries are left: {entries:?}");
    }
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{what}: not within 20 s"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn answer(server: &EphemeralServer, sql: &str) -> String {
    let conninfo = server.conninfo("postgres", "postgres");
    let session = connect(&conninfo, &SessionOptions::read_only("oneroof/test"))
        .await
        .unwrap();
    let rows = session.simple(sql).await.unwrap().rows;
    session.close().await;
    rows[0][0].clone().unwrap()
}

#[tokio::test]
async fn starts_stops_and_leaves_nothing() {
    let place = Place::new();
    let server = EphemeralServer::start(place.config()).await.unwrap();
    for (setting, expected) in [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("wal_level", "minimal"),
        ("listen_addresses", ""),
        ("timezone", "UTC"),
        ("autovacuum", "on"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C"),
    ] {
        assert_eq!(
            answer(&server, &format!("show {setting}")).await,
            expected,
            "{setting}"
        );
    }
    let pid = server.pid().unwrap();
    let entries = place.registry().list().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(&entries[0], server.entry());
    assert_eq!(entries[0].pid, Some(pid));
    assert!(entries[0].is_running() && entries[0].owner_lives() && server.is_running());
    // A terminal's Ctrl-C goes to our group and session: the server is in neither.
    let session_of = |pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(") ")
            .unwrap()
            .1
            .split(' ')
            .nth(3)
            .unwrap()
            .to_owned()
    };
    assert_ne!(session_of(pid), session_of(std::process::id()));
    use std::os::unix::fs::PermissionsExt as _;
    for part in ["", "data", "socket", "log"] {
        let mode = fs::metadata(server.folder().join(part))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700, "{part}");
    }
    server.stop().await.unwrap();
    assert!(!is_alive(pid));
    place.assert_empty();
}

#[tokio::test]
async fn dropping_leaves_nothing() {
    let place = Place::new();
    let server = EphemeralServer::start(place.config()).await.unwrap();
    let pid = server.pid().unwrap();
    drop(server);
    assert!(!is_alive(pid));
    place.assert_empty();
}

#[tokio::test]
async fn several_at_once_do_not_meet() {
    let place = Place::new();
    let starts = (0..4).map(|_| EphemeralServer::start(place.config()));
    let servers: Vec<_> = futures_util::future::join_all(starts)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let mut identifiers = Vec::new();
    for server in &servers {
        let sql = "select system_identifier::text from pg_control_system()";
        identifiers.push(answer(server, sql).await);
    }
    identifiers.sort();
    identifiers.dedup();
    assert_eq!(identifiers.len(), 4);
    assert_eq!(place.registry().list().unwrap().len(), 4);
    let swept = place.registry().sweep().await.unwrap();
    assert_eq!(
        (swept.removed.len(), swept.kept.len()),
        (0, 4),
        "their maker lives"
    );
    for server in servers {
        server.stop().await.unwrap();
    }
    place.assert_empty();
}

/// Another process that starts a server, to be killed by the test.
fn start_maker(place: &Place, lifetime: &str) -> Child {
    #[expect(clippy::disallowed_methods, reason = "a second process of this test")]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_server_maker"));
    command
        .arg(place.folder.path())
        .arg(lifetime)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

#[tokio::test]
async fn a_killed_maker_takes_its_server_along_and_a_sweep_removes_the_rest() {
    let place = Place::new();
    let mut maker = start_maker(&place, "with-process");
    let ready = place.folder.path().join("ready");
    until("the maker's server", || ready.exists()).await;
    let entry = place.registry().list().unwrap().remove(0);
    let pid = entry.pid.unwrap();
    // The runtime's idle threads end after ten seconds; the server must not end with one.
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert!(
        entry.is_running() && is_alive(pid),
        "the server ended although its maker lives"
    );
    maker.kill().unwrap(); // kill -9
    maker.wait().unwrap();
    until("the server's end", || !is_alive(pid)).await;
    assert!(entry.folder.exists());
    // Two sweeps at once, as two processes might.
    let (one, two) = (place.registry(), place.registry());
    let (one, two) = tokio::join!(one.sweep(), two.sweep());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.removed.len() + two.removed.len(), 1, "{one:?} {two:?}");
    assert!(
        one.failed.is_empty() && two.failed.is_empty(),
        "{one:?} {two:?}"
    );
    place.assert_empty();
}

#[tokio::test]
async fn a_maker_killed_while_it_makes_leaves_what_a_sweep_removes() {
    let place = Place::new();
    let mut maker = start_maker(&place, "with-process");
    until("the entry", || {
        place.registry().list().is_ok_and(|list| !list.is_empty())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    maker.kill().unwrap();
    maker.wait().unwrap();
    let started = Instant::now();
    // initdb's own children may write for a moment after it got the signal.
    while !place.registry().sweep().await.unwrap().failed.is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    place.assert_empty();
}

#[tokio::test]
async fn a_kept_server_outlives_its_maker() {
    let place = Place::new();
    let mut maker = start_maker(&place, "kept");
    let ready = place.folder.path().join("ready");
    until("the maker's server", || ready.exists()).await;
    let id = fs::read_to_string(&ready).unwrap();
    maker.kill().unwrap();
    maker.wait().unwrap();
    let swept = place.registry().sweep().await.unwrap();
    assert_eq!((swept.removed.len(), swept.kept.len()), (0, 1));
    let attached = place.registry().attach(&id).unwrap();
    let conninfo = attached.conninfo("postgres", "postgres");
    let session = connect(&conninfo, &SessionOptions::read_only("oneroof/test"))
        .await
        .unwrap();
    session.simple("select 1").await.unwrap();
    session.close().await;
    let pid = attached.entry().pid.unwrap();
    place.registry().remove(&id).await.unwrap();
    assert!(!is_alive(pid));
    place.assert_empty();
    let gone = place.registry().attach(&id).unwrap_err();
    assert!(matches!(gone, RegistryError::Unknown { .. }), "{gone}");
}

#[tokio::test]
async fn a_kept_server_that_no_longer_runs_is_swept_once_its_maker_is_gone() {
    let place = Place::new();
    let mut maker = start_maker(&place, "kept");
    until("the maker's server", || {
        place.folder.path().join("ready").exists()
    })
    .await;
    let entry = place.registry().list().unwrap().remove(0);
    maker.kill().unwrap();
    maker.wait().unwrap();
    let pid = rustix::process::Pid::from_raw(entry.pid.unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::QUIT).unwrap();
    until("its end", || !entry.is_running()).await;
    let error = place.registry().attach(&entry.id).unwrap_err();
    assert!(matches!(error, RegistryError::NotRunning { .. }), "{error}");
    let swept = place.registry().sweep().await.unwrap();
    assert_eq!(swept.removed.len(), 1, "{swept:?}");
    place.assert_empty();
}

#[tokio::test]
async fn a_sweep_touches_nothing_that_is_not_ours() {
    let place = Place::new();
    let server = EphemeralServer::start(place.config()).await.unwrap();
    let precious = place.folder.path().join("precious");
    fs::create_dir(&precious).unwrap();
    // An entry of a dead maker that names a folder which is not the server's.
    let text = fs::read_to_string(
        place
            .registry()
            .folder()
            .join(format!("{}.json", server.id())),
    )
    .unwrap();
    let forged = text
        .replace(server.id(), "0123abcd")
        .replace(
            &format!("{}/oneroof-0123abcd\"", place.temp().display()),
            &format!("{}\"", precious.display()),
        )
        .replace("\"owner_start_time\": \"", "\"owner_start_time\": \"x");
    fs::write(place.registry().folder().join("0123abcd.json"), forged).unwrap();
    fs::write(
        place.registry().folder().join("89abcdef.json"),
        "{\"format\": 99}",
    )
    .unwrap();
    let swept = place.registry().sweep().await.unwrap();
    assert_eq!(
        (swept.removed.len(), swept.kept.len(), swept.failed.len()),
        (0, 1, 2),
        "{swept:?}"
    );
    assert!(precious.is_dir() && server.is_running());
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_failed_start_shows_the_log_and_leaves_nothing() {
    let place = Place::new();
    let mut config = place.config();
    config.settings = vec![(
        "shared_preload_libraries".to_owned(),
        "no_such_library".to_owned(),
    )];
    let error = EphemeralServer::start(config).await.unwrap_err();
    assert!(matches!(error, ServerStartError::Start { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("exit code 1") && text.contains("no_such_library"),
        "{text}"
    );
    place.assert_empty();
}

#[tokio::test]
async fn a_dropped_start_leaves_nothing() {
    let place = Place::new();
    for after_ms in [5, 100, 300] {
        let start = EphemeralServer::start(place.config());
        if let Ok(server) = tokio::time::timeout(Duration::from_millis(after_ms), start).await {
            server.unwrap().stop().await.unwrap();
        }
        place.assert_empty();
    }
}

#[tokio::test]
async fn what_cannot_start_is_refused_clearly() {
    let place = Place::new();
    let mut config = place.config();
    config.locale.collate = "xx_XX.UTF-8".to_owned();
    let error = EphemeralServer::start(config).await.unwrap_err();
    assert!(
        matches!(&error, ServerStartError::LocaleMissing { locale, .. } if locale == "xx_XX.UTF-8"),
        "{error:?}"
    );

    let mut config = place.config();
    config.binaries = ServerBinaries {
        major: 14,
        ..config.binaries
    };
    config.locale = ClusterLocale {
        provider: LocaleProvider::Icu,
        provider_locale: Some("de-DE".to_owned()),
        ..ClusterLocale::default()
    };
    let error = EphemeralServer::start(config).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "use the locale provider `icu` with PostgreSQL 14: it needs 15 or newer"
    );

    let mut config = place.config();
    config.temp_folder = place.temp().join("x".repeat(90));
    fs::create_dir(&config.temp_folder).unwrap();
    let error = EphemeralServer::start(config.clone()).await.unwrap_err();
    assert!(
        matches!(error, ServerStartError::SocketPath { .. }),
        "{error:?}"
    );
    fs::remove_dir(&config.temp_folder).unwrap();

    if rustix::process::geteuid().is_root() {
        let mut config = place.config();
        config.os_user = "no_such_account".to_owned();
        let error = EphemeralServer::start(config).await.unwrap_err();
        assert!(
            matches!(error, ServerStartError::NoAccount { .. }),
            "{error:?}"
        );
    }
    place.assert_empty();
}

#[tokio::test]
async fn locales_of_every_provider() {
    let place = Place::new();
    for (major, provider, name, column) in [
        (15, LocaleProvider::Icu, "de-DE", "daticulocale"),
        (17, LocaleProvider::Builtin, "C.UTF-8", "datlocale"),
    ] {
        let mut config = place.config();
        config.binaries = binaries_of(major);
        config.locale.provider = provider;
        config.locale.provider_locale = Some(name.to_owned());
        let server = EphemeralServer::start(config).await.unwrap();
        let sql = format!("select {column} from pg_database where datname = 'postgres'");
        assert_eq!(answer(&server, &sql).await, name);
        server.stop().await.unwrap();
    }
    place.assert_empty();
}

#[test]
fn binaries_are_searched_and_refused() {
    let folder = system_binaries().folder;
    let set = find(Some(&folder), None, &SearchPlaces::nowhere()).unwrap();
    assert_eq!(set, system_binaries());
    assert!(set.pg_dump.is_some() && set.pg_restore.is_some());
    let wrong = find(Some(&folder), Some(18), &SearchPlaces::usual(None)).unwrap_err();
    assert!(wrong.to_string().contains("found only 15."), "{wrong}");
    let empty = tempfile::tempdir().unwrap();
    find(Some(empty.path()), None, &SearchPlaces::usual(None)).unwrap_err();
    let by_path = find(
        None,
        Some(15),
        &SearchPlaces {
            installations: Vec::new(),
            ..SearchPlaces::usual(folder.to_str())
        },
    );
    assert_eq!(by_path.unwrap().folder, folder);
    let without = binaries_of(18);
    assert_eq!((without.major, without.pg_dump), (18, None));
    let old = find_client(Program::PgDump, 18, None, &SearchPlaces::usual(None)).unwrap_err();
    assert!(
        old.to_string()
            .contains("`pg_dump` of PostgreSQL 18 or newer"),
        "{old}"
    );
    let dump = find_client(Program::PgDump, 14, None, &SearchPlaces::usual(None)).unwrap();
    assert_eq!(dump, folder.join("pg_dump"));
}
