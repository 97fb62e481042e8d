//! Random small packages: what is applied twice has the same effects and leaves the same database, what is
//! rolled back leaves the one before, and a target that somebody changed in between is left alone.
//!
//! `ONEROOF_CASES` says how many (default 25), `ONEROOF_SEED` where to begin: a failure names its seed, and
//! that case alone is run again by `ONEROOF_CASES=1 ONEROOF_SEED=N`. A case takes about a second; nextest ends a
//! test after 300 s, so thousands of them are run by `cargo test --release -p oneroof-engine --test
//! random_packages -- --nocapture`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod generate;
mod world;

use std::collections::BTreeMap;

use oneroof_engine::apply::ApplyReport;
use oneroof_pg::catalog::{Definition, DefinitionRow};

use generate::generate;
use world::{State, World};

#[expect(
    clippy::disallowed_methods,
    reason = "a test says how long it runs by its own variables"
)]
fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => default,
    }
}

#[tokio::test]
async fn random_packages_agree_with_their_fingerprints() {
    let (cases, seed) = (number("ONEROOF_CASES", 25), number("ONEROOF_SEED", 1));
    let world = World::new().await;
    let base = world.state("a").await;
    assert_eq!(base, world.state("b").await);
    let mut stopped = 0;
    for case in seed..seed + cases {
        stopped += u64::from(one(&world, &base, case).await);
    }
    println!(
        "RANDOM PACKAGES: {cases} of {cases} agree, {stopped} of them also on a changed target"
    );
}

/// One package; says whether it also was tried on a target that was changed.
async fn one(world: &World, base: &State, seed: u64) -> bool {
    let package = world.write(&generate(seed), seed);
    let told = |what: &str| format!("seed {seed}: {what}; the package is in {package}");
    let first = world
        .apply("a", &package, None)
        .await
        .unwrap_or_else(|error| panic!("{}", told(&format!("apply: {error:?}"))));
    let after = world.state("a").await;
    let wrong = unmeasured(&first, &base.definition, &after.definition);
    assert!(wrong.is_empty(), "{}", told(&format!("{wrong:#?}")));

    let evidence = world.evidence(&first, seed).await;
    let changed = alters_orders(&first);
    if changed {
        is_left_alone(world, &package, &evidence, base, seed).await;
    }
    let second = world
        .apply("b", &package, Some(&evidence))
        .await
        .unwrap_or_else(|error| panic!("{}", told(&format!("apply again: {error:?}"))));
    assert_eq!(second.tiers.len(), first.tiers.len());
    assert_eq!(
        world.run_of("a").await,
        world.run_of("b").await,
        "{}",
        told("two runs")
    );

    for target in ["a", "b"] {
        world
            .rollback(target, &package)
            .await
            .unwrap_or_else(|error| panic!("{}", told(&format!("rollback: {error:?}"))));
        let restored = world.state(target).await;
        let differences = Definition::diff(&base.definition, &restored.definition);
        assert!(
            differences.is_empty(),
            "{}",
            told(&format!("{differences:#?}"))
        );
        assert_eq!(base.data, restored.data, "{}", told("rollback, data"));
    }
    changed
}

/// Somebody alters a table that the release alters too: the apply stops before the commit of that tier, names
/// the column, and what it did before can be undone.
async fn is_left_alone(world: &World, package: &str, evidence: &str, base: &State, seed: u64) {
    world
        .run(
            "b",
            "alter table shop.orders alter column note set storage external",
        )
        .await;
    let error = world.apply("b", package, Some(evidence)).await.unwrap_err();
    let said = format!("{error:?}");
    assert!(
        said.contains(
            "definition of column shop.orders.note: rehearsed one definition, seen another one"
        ),
        "seed {seed}: {said}"
    );
    let _ = world.rollback("b", package).await.unwrap();
    world
        .run(
            "b",
            "alter table shop.orders alter column note set storage extended",
        )
        .await;
    let restored = world.state("b").await;
    assert_eq!(*base, restored, "seed {seed}: after a stop");
}

fn alters_orders(report: &ApplyReport) -> bool {
    let mut facts = report
        .tiers
        .iter()
        .flat_map(|tier| &tier.effects.definitions);
    facts.any(|fact| fact.kind == "column" && fact.identity == "shop.orders.note")
}

/// Facts that differ between two definitions, and that the effects of the tiers do not have.
fn unmeasured(report: &ApplyReport, before: &Definition, after: &Definition) -> Vec<String> {
    let mut measured = BTreeMap::new();
    for fact in report
        .tiers
        .iter()
        .flat_map(|tier| &tier.effects.definitions)
    {
        measured.insert((fact.kind.clone(), fact.identity.clone()), fact.digest);
    }
    let diff = Definition::diff(before, after);
    let new = diff.new.into_iter().map(|one| (one.kind, one.identity));
    let changed = diff.changed.into_iter().map(|one| (one.kind, one.identity));
    new.chain(changed)
        .filter(|(kind, identity)| {
            let full = after.get(kind, identity).map(DefinitionRow::digest);
            measured.get(&(kind.clone(), identity.clone())).copied() != full
        })
        .map(|(kind, identity)| format!("{kind} {identity} was not measured"))
        .collect()
}
