//! The small reference production with the governance packages in it, for tests of what reads or changes them.

use std::ops::Deref;
use std::path::Path;

use crate::world::World;

/// The database of the reference production, and the target that is it: scratch, so that a release may
/// run there without a gate.
pub(crate) const DIRECTUS: &str = "directus";

/// A [`World`] whose server holds the reference production, with the roles of the reference. Building it
/// takes about two seconds; [`Governed::copy`] makes further databases from it in a fraction of one.
pub(crate) struct Governed(World);

impl Deref for Governed {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Governed {
    /// Target `directus` without a package yet.
    pub(crate) fn before_base() -> Governed {
        let governed = Governed(World::without_roles());
        governed.file("postgres", "10_roles.sql");
        governed.0.make_scratch(DIRECTUS, "directus");
        governed.file(DIRECTUS, "20_application.sql");
        governed.file(DIRECTUS, "30_grants.sql");
        governed.target_of(DIRECTUS);
        governed.adopt(DIRECTUS);
        governed
    }

    /// Target `directus` with package one-roof-base alone.
    pub(crate) fn base() -> Governed {
        let governed = Governed::before_base();
        let _ = governed.done("apply one-roof-base --target directus --execute");
        governed.file(DIRECTUS, "40_after_base.sql");
        governed.sql(DIRECTUS, "analyze");
        governed
    }

    /// Target `directus` with both packages.
    pub(crate) fn one_roof() -> Governed {
        let governed = Governed::base();
        governed.apply_one_roof();
        governed
    }

    /// Applies package one-roof on target `directus`.
    pub(crate) fn apply_one_roof(&self) {
        self.simulate();
        let _ = self.done("apply one-roof --target directus --execute");
    }

    /// Does what stands in for the gate of package one-roof.
    pub(crate) fn simulate(&self) {
        self.sql(DIRECTUS, &read("checks/simulate.sql"));
    }

    /// A copy of database `directus` as it is now, and a target of that name. The mark of the scratch does not
    /// go with it, so the copy is a production.
    pub(crate) fn copy(&self, name: &str) {
        self.sql(
            "postgres",
            &format!("create database {name} owner directus template {DIRECTUS}"),
        );
        self.target_of(name);
    }

    /// Adds a target with the roles and the parameters of the reference.
    fn target_of(&self, name: &str) {
        self.target(name, name, "oneroof");
        let parameters = read("fixtures/reference.toml");
        self.configure(&parameters.replace("[packages.", &format!("[targets.{name}.packages.")));
    }

    /// Runs a file of the fixture as superuser.
    fn file(&self, database: &str, file: &str) {
        let sql = read(&format!("fixtures/reference/{file}"));
        let settings = "set oneroof.fixture_size = 'small'; set search_path = public;";
        self.sql(database, &format!("{settings} {sql}"));
    }
}

/// A file of package one-roof.
fn read(path: &str) -> String {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packages/one-roof");
    std::fs::read_to_string(package.join(path)).unwrap()
}
