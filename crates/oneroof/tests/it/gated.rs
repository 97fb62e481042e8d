//! A production with a policy, people with keys of their own, and a release that was rehearsed and signed.

use serde_json::Value;

use crate::world::{Tier, World, tier};

const SHOP: &str = "
    create table public.orders (id int primary key, amount int not null default 0);
    insert into public.orders select n, n from generate_series(1, 10) as n;
";

pub(crate) const COLUMN: Tier<'_> = tier(
    "column",
    "alter table public.orders add column paid boolean; create table public.bills (id int primary key);",
    "drop table public.bills; alter table public.orders drop column paid;",
);
pub(crate) const ROWS: Tier<'_> = tier(
    "rows",
    "update public.orders set paid = false;",
    "update public.orders set paid = null;",
);

/// Ada is L4, Bob and Cid are L2, `ci` runs the rehearsals, Eve proposes and has a key that nobody knows.
pub(crate) const PEOPLE: [&str; 5] = ["ada", "bob", "cid", "ci", "eve"];

/// Target `shop` is a production; package `paying` was rehearsed and its evidence is signed.
pub(crate) struct Gated {
    pub(crate) world: World,
    /// The name of the evidence's folder.
    pub(crate) evidence: String,
}

impl Gated {
    pub(crate) fn new() -> Gated {
        Gated::with_policy("")
    }

    /// `more` ends the policy.
    pub(crate) fn with_policy(more: &str) -> Gated {
        let world = World::new();
        world.production("shop", SHOP);
        let mut gated = Gated {
            world,
            evidence: String::new(),
        };
        for name in PEOPLE {
            gated.bash(&format!(
                "ssh-keygen -q -t ed25519 -N '' -C {name} -f {name}"
            ));
        }
        gated
            .world
            .sandbox
            .write("policy.toml", &gated.policy(more));
        gated.adopt();
        gated.world.package("paying", "", &[COLUMN, ROWS]);
        gated.evidence = gated.rehearse("paying");
        gated
    }

    /// The policy's text.
    pub(crate) fn policy(&self, more: &str) -> String {
        let key = |name: &str| {
            let line = self.world.sandbox.read(&format!("{name}.pub"));
            line.split(' ').take(2).collect::<Vec<_>>().join(" ")
        };
        let approver = |name: &str, level: &str| {
            format!(
                "[[approver]]\nname = \"{name}\"\nlevel = \"{level}\"\nkeys = [\"{}\"]\n\n",
                key(name)
            )
        };
        format!(
            "format = 1\n\n[[rule]]\npackages = [\"paying\"]\nquorum = {{ L4 = 1, L2 = 1 }}\n\n{}{}{}\
             [[runner]]\nname = \"ci\"\nkey = \"{}\"\n\n{more}",
            approver("ada", "L4"),
            approver("bob", "L2"),
            approver("cid", "L2"),
            key("ci")
        )
    }

    /// A DBA installs `policy.toml`.
    pub(crate) fn adopt(&self) {
        let dba = self.world.words("shop", oneroof_pg::testing::SUPERUSER);
        let arguments = [
            "adopt",
            "shop",
            "--policy",
            "policy.toml",
            "--execute",
            "--dba",
            &dba,
        ];
        let _ = self.world.sandbox.run(&arguments).exits(0);
    }

    /// Rehearses a package from the production; gives the name of its evidence.
    pub(crate) fn rehearse(&self, package: &str) -> String {
        let report = self
            .world
            .done(&format!("rehearse {package} --from shop --proposer eve"));
        let evidence = report["evidence"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned();
        self.sign_evidence(&evidence, "ci");
        evidence
    }

    pub(crate) fn sign_evidence(&self, evidence: &str, who: &str) {
        self.bash(&format!(
            "cd evidence/{evidence} && rm -f SHA256SUMS.sig && ssh-keygen -q -Y sign -n oneroof-evidence -f ../../{who} SHA256SUMS"
        ));
    }

    /// Runs a line of bash in the project, which must succeed.
    #[track_caller]
    pub(crate) fn bash(&self, line: &str) {
        let _ = self.world.sandbox.bash(line).exits(0);
    }

    /// Somebody says yes; gives the name of the file.
    #[track_caller]
    pub(crate) fn approve(&self, who: &str) -> String {
        let line = format!(
            "approve paying --target shop --decision approve --reason reviewed --key {who}"
        );
        self.world.done(&line)["signed"]["file"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Asks the gate; gives the report. The exit code fits the word.
    #[track_caller]
    pub(crate) fn gate(&self) -> Value {
        let (code, report) = self.world.json("gate paying --target shop");
        let expected = match report["word"].as_str() {
            Some("READY") => 0,
            Some("BLOCKED") => 10,
            _ => panic!("{report:#}"),
        };
        assert_eq!(code, expected, "{report:#}");
        report
    }

    /// The gate is open.
    #[track_caller]
    pub(crate) fn is_ready(&self) {
        let report = self.gate();
        assert_eq!(report["word"], "READY", "{report:#}");
    }

    /// Codes of the blockers.
    #[track_caller]
    pub(crate) fn blockers(&self) -> Vec<String> {
        let report = self.gate();
        let blockers = report["blockers"].as_array().unwrap();
        blockers
            .iter()
            .map(|blocker| blocker["code"].as_str().unwrap().to_owned())
            .collect()
    }
}
