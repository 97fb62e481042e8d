//! Packages, parameters and names that cannot be used. No server is asked for any of this.

use crate::sandbox::Sandbox;

/// Nobody listens there: a command that gets so far fails with exit 1.
const CONFIG: &str = "format = 1\n[targets.production]\n\
    read = 'host=127.0.0.1 port=1 dbname=shop user=me'\n\
    apply = 'host=127.0.0.1 port=1 dbname=shop user=me'\n";

const VERBS: [&str; 4] = [
    "rehearse mine --from production",
    "apply mine --target production",
    "apply mine --target production --execute",
    "rollback mine --target production --execute",
];

fn sealed(config: &str) -> Sandbox {
    let sandbox = Sandbox::with_package(config);
    let _ = sandbox.run(&["package", "seal", "packages/mine"]).exits(0);
    sandbox
}

#[track_caller]
fn check(sandbox: &Sandbox, line: &str, exit: i32, code: Option<&str>, parts: &[&str]) {
    let mut arguments: Vec<&str> = line.split(' ').collect();
    arguments.push("--json");
    let outcome = sandbox.run(&arguments).exits(exit);
    let error = &outcome.json()["error"];
    assert_eq!(error["exit"], exit, "{error:#}");
    assert_eq!(error["code"].as_str(), code, "{error:#}");
    for part in parts {
        assert!(
            error.to_string().contains(part),
            "{line}: `{part}` is not in {error:#}"
        );
    }
    assert!(error["hint"].is_string(), "{line} has no hint: {error:#}");
    assert!(
        !sandbox.project().join("evidence").exists(),
        "{line} left evidence"
    );
}

#[test]
fn a_package_that_is_not_as_it_was_sealed_is_refused_by_every_verb() {
    let sandbox = Sandbox::with_package(CONFIG);
    for verb in VERBS {
        check(
            &sandbox,
            verb,
            3,
            Some("package-not-sealed"),
            &["package seal"],
        );
    }
    let sandbox = sealed(CONFIG);
    let tier = "packages/mine/tiers/10_structure.sql";
    let sql = sandbox.read(tier);
    sandbox.write(tier, &format!("{sql}\n"));
    for verb in VERBS {
        check(
            &sandbox,
            verb,
            3,
            Some("package-not-sealed"),
            &["tiers/10_structure.sql", "package diff"],
        );
    }
    sandbox.write(tier, &sql);
    sandbox.write("packages/mine/tiers/more.sql", "select 1;\n");
    check(
        &sandbox,
        VERBS[0],
        3,
        Some("package-not-sealed"),
        &["tiers/more.sql"],
    );
    std::fs::remove_file(sandbox.project().join("packages/mine/tiers/more.sql")).unwrap();
    std::fs::remove_file(sandbox.project().join(tier)).unwrap();
    check(
        &sandbox,
        VERBS[0],
        3,
        Some("package-not-sealed"),
        &["tiers/10_structure.sql"],
    );
}

#[test]
fn tiers_hold_plain_sql_only() {
    let sandbox = sealed(CONFIG);
    let cases = [
        (
            "begin;\nselect 1;\ncommit;\n",
            "tiers/10_structure.sql:1:1",
            "transaction-control",
        ),
        (
            "select 1;\n\\i other.sql\n",
            "tiers/10_structure.sql:2:1",
            "psql-command",
        ),
        ("select :name;\n", "tiers/10_structure.sql:1:8", ""),
        (
            "select 1;\nset role postgres;\n",
            "tiers/10_structure.sql:2:1",
            "session-command",
        ),
        (
            "select 1;\nselec 2;\n",
            "tiers/10_structure.sql:2:1",
            "syntax-error",
        ),
        (
            "delete from oneroof.entry;\n",
            "tiers/10_structure.sql:1:",
            "reserved-schema",
        ),
        (
            "create table t (i int);\ndrop table t cascade;\n",
            "tiers/10_structure.sql:2:1",
            "drop-cascade",
        ),
    ];
    for (sql, place, rule) in cases {
        sandbox.write("packages/mine/tiers/10_structure.sql", sql);
        let outcome = sandbox.run(&["package", "check", "mine"]).exits(4);
        assert!(outcome.stdout.contains(place), "{sql}: {outcome:#?}");
        assert!(outcome.stdout.contains(rule), "{sql}: {outcome:#?}");
        check(
            &sandbox,
            "package seal packages/mine",
            3,
            Some("package-invalid"),
            &[place],
        );
    }
}

/// A manifest can be written by hand; what it seals is still looked at.
#[test]
fn a_manifest_made_by_hand_seals_no_transaction_control() {
    let sandbox = sealed(CONFIG);
    sandbox.write(
        "packages/mine/tiers/10_structure.sql",
        "select 1;\ncommit;\n",
    );
    let _ = sandbox
        .bash("cd packages/mine && sha256sum $(cut -c67- manifest-sha256.txt) > sums; mv sums manifest-sha256.txt")
        .exits(0);
    for verb in VERBS {
        check(
            &sandbox,
            verb,
            3,
            Some("package-invalid"),
            &["tiers/10_structure.sql:2:1"],
        );
    }
}

#[test]
fn parameters_are_checked_before_anybody_is_asked() {
    let parameters = "\n[parameters.owner]\ntype = \"text\"\nmeaning = \"who\"\n\
        \n[parameters.limit]\ntype = \"number\"\ndefault = 5\nmeaning = \"how many\"\n\
        \n[parameters.kind]\ntype = \"text\"\nallowed = [\"small\", \"large\"]\ndefault = \"small\"\nmeaning = \"which\"\n";
    let with = |values: &str| {
        let sandbox = Sandbox::with_package(&format!(
            "{CONFIG}\n[targets.production.packages.mine]\n{values}\n"
        ));
        let plan = sandbox.read("packages/mine/release.toml");
        let (head, tail) = plan.split_once("\n[[").unwrap();
        sandbox.write(
            "packages/mine/release.toml",
            &format!("{head}\n{parameters}\n[[{tail}"),
        );
        let _ = sandbox.run(&["package", "seal", "packages/mine"]).exits(0);
        sandbox
    };
    let cases: [(&str, &[&str]); 5] = [
        ("", &["`owner`"]),
        ("owner = \"me\"\nlimt = 3", &["`limt`", "`limit`"]),
        ("owner = \"me\"\nlimit = \"many\"", &["`limit`", "number"]),
        ("owner = 7", &["`owner`", "text"]),
        (
            "owner = \"me\"\nkind = \"medium\"",
            &["`kind`", "small", "large"],
        ),
    ];
    for (values, parts) in cases {
        let sandbox = with(values);
        for verb in VERBS {
            check(&sandbox, verb, 2, None, parts);
        }
    }
    let sandbox = with("owner = \"me\"");
    sandbox.write("values.toml", "onwer = \"you\"\n");
    check(
        &sandbox,
        &format!("{} --params values.toml", VERBS[0]),
        2,
        None,
        &["`onwer`", "`owner`"],
    );
    check(
        &sandbox,
        &format!("{} --params gone.toml", VERBS[0]),
        2,
        None,
        &["gone.toml"],
    );
}

#[test]
fn slips_in_names_are_understood() {
    let sandbox = sealed(CONFIG);
    let cases: [(&str, &[&str]); 6] = [
        (
            "rehearse mine --from prodction",
            &["find target `prodction`", "did you mean `production`?"],
        ),
        (
            "apply mine --target prodction",
            &["did you mean `production`?"],
        ),
        (
            "rehearse mines --from production",
            &["mines", "did you mean `mine`?"],
        ),
        (
            "apply packages/gone --target production",
            &["packages/gone"],
        ),
        (
            "rehearse mine --from production --through strcture",
            &["did you mean `structure`?"],
        ),
        ("clone drop nothing", &["nothing", "oneroof clone list"]),
    ];
    for (line, parts) in cases {
        check(&sandbox, line, 2, None, parts);
    }
}
