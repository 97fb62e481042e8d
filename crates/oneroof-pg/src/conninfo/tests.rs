//! Settings as libpq reads them; no server needed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;

fn around(variables: &[(&str, &str)]) -> LibpqEnvironment {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut environment = LibpqEnvironment::from_vars(variables)
        .with_home(None)
        .with_login_name(Some("login".to_owned()));
    environment.socket_folders = vec![PathBuf::from("/nowhere/run"), PathBuf::from("/nowhere/tmp")];
    environment
}

/// What is resolved, in one line; the password in it is the test's own.
fn shown(conninfo: &ConnInfo) -> String {
    let password = conninfo
        .password_at(&conninfo.hosts[0])
        .map_or("-".to_owned(), |it| it.0.clone());
    format!(
        "{} {} {} {password} {:?}",
        conninfo.host_display(),
        conninfo.dbname,
        conninfo.user,
        conninfo.tls.mode
    )
}

#[track_caller]
fn check(text: &str, expected: &str) {
    check_around(text, &around(&[]), expected);
}

#[track_caller]
fn check_around(text: &str, environment: &LibpqEnvironment, expected: &str) {
    let conninfo = ConnInfo::parse(text, environment).unwrap();
    assert_eq!(shown(&conninfo), expected, "{text}");
    // What we show must lead to the same place again.
    for again in [
        conninfo.to_uri_without_password(),
        conninfo.to_keyword_value(),
    ] {
        let reparsed = ConnInfo::parse(&again, &around(&[])).unwrap();
        assert_eq!(reparsed.hosts, conninfo.hosts, "{again}");
        assert_eq!(reparsed.dbname, conninfo.dbname, "{again}");
        assert_eq!(reparsed.user, conninfo.user, "{again}");
        assert_eq!(reparsed.tls.mode, conninfo.tls.mode, "{again}");
    }
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = ConnInfo::parse(text, &around(&[])).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("read connection settings: {expected}"),
        "{text}"
    );
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn defaults() {
    check("", "/nowhere/run:5432 login login - Prefer");
    check("user=app", "/nowhere/run:5432 app app - Prefer");
    check(
        "user=app dbname=shop port=5433",
        "/nowhere/run:5433 shop app - Prefer",
    );
}

#[test]
fn words_and_their_quotes() {
    check("host=db user=u password=p dbname=d", "db:5432 d u p Prefer");
    check(
        "  host = db\tuser='u v'  password='it\\'s \\\\ ok' ",
        "db:5432 u v u v it's \\ ok Prefer",
    );
    check("host=db user=u password=a\\ b", "db:5432 u u a b Prefer");
    check("host=db user=u password=''", "db:5432 u u - Prefer");
    check("host=db user=u user=v", "db:5432 v v - Prefer");
    check_error("host=db user='u", "a closing single quote is missing");
    check_error(
        "shop",
        "`=` is missing after the word that ends at byte 4; a database alone is written `dbname=NAME`",
    );
    check_error(
        "host=db password=a s3cret",
        "`=` is missing after the word that ends at byte 25; a password with spaces must be written in single quotes",
    );
    check_error(
        "host=db password=a s3cret=x",
        "the word after `password` is no setting; a password with spaces must be written in single quotes",
    );
}

#[test]
fn urls() {
    check("postgresql://", "/nowhere/run:5432 login login - Prefer");
    check("postgres://db", "db:5432 login login - Prefer");
    check("postgresql://u:p@db:6000/d", "db:6000 d u p Prefer");
    check(
        "postgresql://u%40corp:p%2Fq%3Ar@db/my%20db",
        "db:5432 my db u@corp p/q:r Prefer",
    );
    check(
        "postgresql://[::1]:6000/d?sslmode=require",
        "[::1]:6000 d login - Require",
    );
    check(
        "postgresql://a:1,b:2,c/d",
        "a:1,b:2,c:5432 d login - Prefer",
    );
    check(
        "postgresql:///d?host=/run/pg&port=6000",
        "/run/pg:6000 d login - Prefer",
    );
    check(
        "postgresql://%2Frun%2Fpg/d",
        "/run/pg:5432 d login - Prefer",
    );
    check("postgresql://db/d?ssl=true&user=x", "db:5432 d x - Require");
    check_error(
        "postgresql://[::1/d",
        "the `]` of an IPv6 address is missing",
    );
    check_error(
        "postgresql://db/d?sslmode",
        "`=` is missing in a parameter of the URL",
    );
    check_error(
        "postgresql://u:s%3cret@db:s3cret/d",
        "`port` must be a number from 1 to 65535 (in a URL, `/`, `@`, `:`, `?` and `#` of a password must be percent-encoded)",
    );
    check_error(
        "postgresql://u:s3cret/x@db/d",
        "`port` must be a number from 1 to 65535 (in a URL, `/`, `@`, `:`, `?` and `#` of a password must be percent-encoded)",
    );
    check_error(
        "postgresql://u:s3cret%zz@db/d",
        "`%` in a URL must be followed by two hexadecimal digits, and not by `00` (a `%` itself is `%25`)",
    );
}

#[test]
fn lists_of_hosts() {
    check("host=a,b port=1,2 user=u", "a:1,b:2 u u - Prefer");
    check("host=a,b port=1 user=u", "a:1,b:1 u u - Prefer");
    check(
        "host=a,/run/pg port=,2 user=u",
        "a:5432,/run/pg:2 u u - Prefer",
    );
    check(
        "host=db hostaddr=10.0.0.1 user=u",
        "db[10.0.0.1]:5432 u u - Prefer",
    );
    check("hostaddr=10.0.0.1 user=u", "10.0.0.1:5432 u u - Prefer");
    check_error(
        "host=a,b port=1,2,3",
        "`port` must be one number, or a list as long as the list of hosts",
    );
    check_error(
        "host=a,b hostaddr=10.0.0.1",
        "`hostaddr` must be a list as long as `host`",
    );
    check_error("host=a hostaddr=b", "`hostaddr` must be a numeric address");
    check_error(
        "host=a port=0",
        "`port` must be a number from 1 to 65535 (in a URL, `/`, `@`, `:`, `?` and `#` of a password must be percent-encoded)",
    );
}

#[test]
fn unknown_and_unsupported_keys() {
    check_error(
        "hots=db",
        "unknown setting `hots`; the nearest known one is `host`",
    );
    check_error(
        "sslrotcert=x",
        "unknown setting `sslrotcert`; the nearest known one is `sslrootcert`",
    );
    check_error(
        "postgresql://db/d?databasename=x",
        "unknown setting `databasename`",
    );
    for (text, key) in [
        ("require_auth=scram-sha-256", "require_auth"),
        ("requirepeer=postgres", "requirepeer"),
        ("gssencmode=require", "gssencmode"),
        ("sslcrl=x", "sslcrl"),
        ("replication=database", "replication"),
    ] {
        check_error(
            text,
            &format!("`{key}` is not supported with this value, and ignoring it would be unsafe"),
        );
    }
    check(
        "gssencmode=prefer sslcompression=0 client_encoding=LATIN1 application_name=x user=u host=h",
        "h:5432 u u - Prefer",
    );
}

#[test]
fn values_are_checked() {
    check_error(
        "sslmode=on",
        "`sslmode` must be one of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`",
    );
    check_error(
        "connect_timeout=soon",
        "`connect_timeout` must be a whole number of seconds",
    );
    check_error(
        "sslrootcert=system sslmode=require",
        "`sslmode` must be `verify-full` when `sslrootcert` is `system`",
    );
    check_error(
        "sslnegotiation=direct",
        "`sslmode` must be `require` or stricter when `sslnegotiation` is `direct`",
    );
    check(
        "host=h user=u sslrootcert=system",
        "h:5432 u u - VerifyFull",
    );
    check("host=h user=u requiressl=1", "h:5432 u u - Require");
    let limit = |text| ConnInfo::parse(text, &around(&[])).unwrap().connect_timeout;
    assert_eq!(
        limit("connect_timeout=1"),
        Some(Duration::from_secs(2)),
        "as libpq rounds"
    );
    assert_eq!(limit("connect_timeout=0"), None);
    assert_eq!(limit("connect_timeout=-1"), None);
}

#[test]
fn environment_completes_and_text_wins() {
    let environment = around(&[
        ("PGHOST", "envhost"),
        ("PGPORT", "6000"),
        ("PGUSER", "envuser"),
        ("PGPASSWORD", "envpass"),
        ("PGDATABASE", "envdb"),
        ("PGSSLMODE", "disable"),
    ]);
    check_around(
        "",
        &environment,
        "envhost:6000 envdb envuser envpass Disable",
    );
    check_around(
        "host=h dbname=d",
        &environment,
        "h:6000 d envuser envpass Disable",
    );
    check_around(
        "postgresql://u:p@h:1/d?sslmode=prefer",
        &environment,
        "h:1 d u p Prefer",
    );
    check_around(
        "",
        &around(&[("PGHOST", ""), ("PGUSER", "u")]),
        "/nowhere/run:5432 u u - Prefer",
    );
    let nobody = around(&[]).with_login_name(None);
    assert!(matches!(
        ConnInfo::parse("", &nobody),
        Err(ConnInfoError::NoUser)
    ));
}

#[test]
fn services() {
    let home = tempfile::tempdir().unwrap();
    let system = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join(".pg_service.conf"),
        "# ours\n[other]\nhost=wrong\n\n[shop]\nhost = db1\nport=6000\ndbname=shop\nuser=app\n[more]\nhost=x\n",
    )
    .unwrap();
    fs::write(
        system.path().join("pg_service.conf"),
        "[site]\nhost=sitehost\nuser=site\n",
    )
    .unwrap();
    let sysconf = system.path().display().to_string();
    let environment = around(&[
        ("PGSYSCONFDIR", &sysconf),
        ("PGPORT", "7000"),
        ("PGDATABASE", "envdb"),
    ])
    .with_home(Some(home.path().to_owned()));
    check_around("service=shop", &environment, "db1:6000 shop app - Prefer");
    check_around(
        "service=shop user=me",
        &environment,
        "db1:6000 shop me - Prefer",
    );
    check_around(
        "service=site",
        &environment,
        "sitehost:7000 envdb site - Prefer",
    );
    let by_variable = around(&[
        ("PGSERVICE", "shop"),
        (
            "PGSERVICEFILE",
            &home.path().join(".pg_service.conf").display().to_string(),
        ),
    ]);
    check_around("", &by_variable, "db1:6000 shop app - Prefer");

    let missing = ConnInfo::parse("service=nope", &environment).unwrap_err();
    let ConnInfoError::ServiceMissing { searched, .. } = &missing else {
        panic!("{missing}")
    };
    assert_eq!(searched.len(), 2, "{missing}");

    fs::write(home.path().join(".pg_service.conf"), "[shop]\nhots=db1\n").unwrap();
    let wrong = ConnInfo::parse("service=shop", &environment)
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("line 2") && wrong.contains("`host`"),
        "{wrong}"
    );
}

fn write_passfile(path: &Path, mode: u32, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn password_files() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".pgpass");
    let content = "# host:port:database:user:password\n\
                   db:5432:shop:app:first\n\
                   db:5432:*:app:a\\:b\\\\c\n\
                   db\\:x:*:*:*:odd\n\
                   localhost:*:*:app:local:ignored\n\
                   *:*:*:other:any\n";
    write_passfile(&path, 0o600, content);
    let environment = around(&[]).with_home(Some(home.path().to_owned()));
    for (text, expected) in [
        (
            "host=db user=app dbname=shop",
            "db:5432 shop app first Prefer",
        ),
        (
            "host=db user=app dbname=else",
            "db:5432 else app a:b\\c Prefer",
        ),
        ("host=db port=1 user=app", "db:1 app app - Prefer"),
        ("user=app", "/nowhere/run:5432 app app local Prefer"),
        (
            "host=/other/run user=app",
            "/other/run:5432 app app - Prefer",
        ),
        ("host=h user=other", "h:5432 other other any Prefer"),
        (
            "host=h user=other password=given",
            "h:5432 other other given Prefer",
        ),
    ] {
        check_around(text, &environment, expected);
    }
    let conninfo = ConnInfo::parse("host=db user=app dbname=shop", &environment).unwrap();
    let password = |conninfo: &ConnInfo| {
        conninfo
            .password_at(&conninfo.hosts[0])
            .map(|password| password.0)
    };
    assert_eq!(
        password(&conninfo.with_dbname("else")).as_deref(),
        Some("a:b\\c")
    );
    assert_eq!(
        password(&conninfo.with_user("other")).as_deref(),
        Some("any")
    );
    let written = ConnInfo::parse("host=db user=app password=x", &around(&[])).unwrap();
    assert_eq!(
        password(&written.with_user("other")),
        None,
        "it belongs to `app`"
    );

    write_passfile(&path, 0o640, content);
    let open = ConnInfo::parse("host=db user=app dbname=shop", &environment).unwrap();
    assert_eq!(password(&open), None);
    assert!(open.warnings()[0].contains("0600"), "{:?}", open.warnings());
}

#[test]
fn nothing_shows_a_password() {
    let conninfo = ConnInfo::parse(
        "postgresql://app:s3cret@db/shop",
        &around(&[("PGPASSWORD", "s3cret2")]),
    )
    .unwrap();
    let environment = around(&[("PGPASSWORD", "s3cret2")]);
    for shown in [
        format!("{conninfo:?}"),
        conninfo.describe(),
        conninfo.host_display(),
        conninfo.to_uri_without_password(),
        conninfo.to_keyword_value(),
        format!("{environment:?}"),
        format!("{:?}", Password::new("s3cret")),
    ] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    assert_eq!(conninfo.describe(), "database `shop` as `app` on db:5432");
}

#[test]
fn programs_get_the_same_settings() {
    let text = "postgresql://app:s3cret@a:1,b:2/shop?sslmode=verify-full&sslrootcert=/ca.pem&options=-c%20a%3Db&application_name=x";
    let conninfo = ConnInfo::parse(text, &around(&[])).unwrap();
    let environment: BTreeMap<_, _> = conninfo
        .with_options("-c c=d")
        .program_environment()
        .into_iter()
        .collect();
    let expected = [
        ("PGCLIENTENCODING", "UTF8"),
        ("PGDATABASE", "shop"),
        ("PGHOST", "a,b"),
        ("PGOPTIONS", "-c a=b -c c=d"),
        ("PGPASSWORD", "s3cret"),
        ("PGPORT", "1,2"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLROOTCERT", "/ca.pem"),
        ("PGUSER", "app"),
    ];
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(environment, expected);
}
