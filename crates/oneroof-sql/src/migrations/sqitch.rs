//! Sqitch: `sqitch.plan` gives the order, `deploy/`, `revert/` and `verify/` the texts, which psql runs. A change that
//! was reworked keeps its earlier texts as `name@tag.sql`.

use super::text::lines;
use super::{Found, MigrationFile, Piece, Reading};

/// A line of the plan.
enum Planned {
    Change { name: String, line: u32 },
    Tag(String),
}

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    let Some(plan) = files.iter().find(|file| file.path.ends_with("sqitch.plan")) else {
        reading.error(
            "sqitch.plan",
            None,
            "it is not here".to_owned(),
            "give the folder of sqitch.plan",
        );
        return reading;
    };
    reading.others.push(plan.path.clone());
    let conf = files.iter().find(|file| file.path == "sqitch.conf");
    let top = match (
        plan.path.rsplit_once('/'),
        conf.and_then(|conf| top_dir(&conf.text)),
    ) {
        (Some((folder, _)), _) => format!("{folder}/"),
        (None, Some(folder)) if folder != "." => format!("{folder}/"),
        _ => String::new(),
    };
    reading.others.extend(conf.map(|conf| conf.path.clone()));
    let planned = plan_of(plan, &mut reading);
    for (number, entry) in planned.iter().enumerate() {
        let Planned::Change { name, line } = entry else {
            continue;
        };
        // Reworked later: its own texts bear the last tag before that.
        let later = planned.iter().skip(number + 1);
        let again = later.clone().position(
            |other| matches!(other, Planned::Change { name: other, .. } if other == name),
        );
        let tag = again.and_then(|again| {
            let mut between = later.take(again).filter_map(|other| match other {
                Planned::Tag(tag) => Some(tag.as_str()),
                Planned::Change { .. } => None,
            });
            between.next_back()
        });
        if again.is_some() && tag.is_none() {
            let message = format!("change `{name}` is there twice without a tag between");
            reading.error(&plan.path, Some(*line), message, "");
        }
        let version = tag.map_or_else(|| name.clone(), |tag| format!("{name}@{tag}"));
        let script = |folder: &str| {
            let path = format!("{top}{folder}/{version}.sql");
            files.iter().find(|file| file.path == path).map(Piece::of)
        };
        match script("deploy") {
            None => {
                let message = format!("change `{version}` has no file `{top}deploy/{version}.sql`");
                reading.error(&plan.path, Some(*line), message, "");
            }
            Some(deploy) => {
                let mut found = Found::new(&version, &version, deploy);
                found.down = script("revert");
                found.verify = script("verify");
                reading.found.push(found);
            }
        }
    }
    reading
}

/// `top_dir = sql` of `sqitch.conf`.
fn top_dir(conf: &str) -> Option<&str> {
    conf.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "top_dir").then(|| value.trim().trim_end_matches('/'))
    })
}

fn plan_of(plan: &MigrationFile, reading: &mut Reading) -> Vec<Planned> {
    let mut planned = Vec::new();
    for line in lines(&plan.text) {
        let text = line.text.split('#').next().unwrap_or_default().trim();
        let Some(first) = text
            .split_whitespace()
            .next()
            .filter(|first| !first.starts_with('%'))
        else {
            continue;
        };
        if let Some(tag) = first.strip_prefix('@') {
            planned.push(Planned::Tag(tag.to_owned()));
        } else if first.starts_with('-') {
            let message = format!(
                "it takes `{}` back within the plan: not understood",
                first.trim_start_matches('-')
            );
            reading.error(&plan.path, Some(line.number), message, "");
        } else {
            let name = first.trim_start_matches('+').to_owned();
            planned.push(Planned::Change {
                name,
                line: line.number,
            });
        }
    }
    planned
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, remarks, told};

    const PLAN: &str = "%syntax-version=1.0.0\n%project=flipr\n\nschema 2024-01-01T00:00:00Z A <a@b.c> # first\n\
        users [schema] 2024-01-02T00:00:00Z A <a@b.c> # users\n@v1 2024-01-03T00:00:00Z A <a@b.c> # one\n\n\
        users [users@v1] 2024-01-04T00:00:00Z A <a@b.c> # again\nlost 2024-01-05T00:00:00Z A <a@b.c>\n";

    #[test]
    fn the_plan_gives_order_and_reworked_texts() {
        let list = files(&[
            ("sqitch.plan", PLAN),
            ("deploy/schema.sql", "BEGIN;\ncreate schema s;\nCOMMIT;\n"),
            ("revert/schema.sql", "BEGIN;\ndrop schema s;\nCOMMIT;\n"),
            ("verify/schema.sql", "BEGIN;\nselect 1;\nROLLBACK;\n"),
            ("deploy/users@v1.sql", "select 1"),
            ("revert/users@v1.sql", "select 1"),
            ("deploy/users.sql", "select 2"),
        ]);
        let set = read(MigrationTool::Sqitch, &list);
        assert_eq!(
            told(&set),
            [
                "schema schema deploy/schema.sql revert/schema.sql",
                "users@v1 users@v1 deploy/users@v1.sql revert/users@v1.sql",
                "users users deploy/users.sql -"
            ]
        );
        assert_eq!(
            set.migrations[0].verify.as_ref().unwrap().text.trim(),
            "select 1;"
        );
        assert_eq!(
            remarks(&set),
            ["sqitch.plan:9 change `lost` has no file `deploy/lost.sql`"]
        );
    }
}
