//! A rollback that is killed has undone everything or nothing, and the next one reaches the baseline.

use crate::kill_points::{READ_BACK, rollback_points};
use crate::proxy::{Go, Watch};
use crate::world::{GENERATED, Tier, World};

use super::{Extent, NOTES, ROWS, STRUCTURE, Scene, State, Unbroken, VIEW, same};

#[test]
fn a_rollback_survives_every_kill() {
    let world = World::new();
    world.scratch("lab", NOTES);
    // Files and what is generated.
    let tiers = [
        Tier {
            undo: GENERATED,
            ..STRUCTURE
        },
        ROWS,
        VIEW,
    ];
    world.package("steps", "", &tiers);
    let baseline = world.state("lab", &[]);
    let _ = world.done("apply steps --target lab --execute");
    let folder = world.sandbox.project().join("packages/steps");
    let scene = Scene::new(&world, "lab", "app_apply", "steps", &folder);
    scene.kill_the_rollback_at_every_point(Extent::or(Extent::Each), &baseline);
}

impl Scene<'_> {
    /// The loop; the scene begins with the release applied.
    #[expect(
        clippy::print_stdout,
        reason = "the number of kill points is what the reader of a run wants to know"
    )]
    fn kill_the_rollback_at_every_point(&self, extent: Extent, baseline: &State) {
        let unbroken = self.unbroken_rollback();
        let all = unbroken.entries.len();
        same("unbroken", baseline, &unbroken.states[all]);
        let kills = extent.kills(&unbroken.points);
        for (point, kill) in &kills {
            let case = format!("{}, {kill:?} killed", point.name);
            self.put_back();
            self.kill(&case, &self.rollback_line(), point, *kill, &unbroken);
            let again = self.world.sandbox.bash(&self.rollback_line()).exits(0);
            let report = again.json();
            assert_eq!(report["nothing_to_do"], point.entries == all, "{case}");
            assert_eq!(self.entries(), unbroken.entries, "{case}, again");
            same(&format!("{case}, again"), baseline, &self.state());
            self.ledger_is_whole(&case);
        }
        println!(
            "KILL POINTS: {}, all back at the baseline (rollback of {}: {} steps)",
            kills.len(),
            self.package,
            unbroken.points.len(),
        );
    }

    fn unbroken_rollback(&self) -> Unbroken {
        let before = self.state();
        let (world, line) = (self.world, self.rollback_line());
        let outcome = self.proxy.watch(
            Watch::Each(READ_BACK.to_owned()),
            || world.sandbox.bash(&line),
            |_| Go::On,
        );
        let report = outcome.exits(0).json();
        assert_eq!(report["nothing_to_do"], false, "{report:#}");
        let entries = self.entries();
        let mut states = vec![before; entries.len()];
        states.push(self.state());
        Unbroken {
            points: rollback_points(&self.proxy.log(), entries.len()),
            entries,
            states,
        }
    }

    fn rollback_line(&self) -> String {
        format!(
            "echo $$ > pid; exec $oneroof rollback {} --target {} --execute --json",
            self.package, self.database
        )
    }
}
