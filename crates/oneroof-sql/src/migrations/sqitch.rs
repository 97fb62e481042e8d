//! Sqitch: `sqitch.plan` gives the order, `deploy/`, `revert/` and `verify/` the texts, which psql runs. A change that
//! was reworked keeps its earlier texts as `name@tag.sql`. What Sqitch records of a change follows from the plan alone:
//! [`super::sqitch_plan`] works it out.

use oneroof_model::{TableName, sqitch_script_hash};

use super::sqitch_plan::{Entry, Plan};
use super::{Found, MigrationFile, Piece, Reading, text};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    let Some(file) = files.iter().find(|file| file.path.ends_with("sqitch.plan")) else {
        reading.error(
            "sqitch.plan",
            None,
            "it is not here".to_owned(),
            "give the folder of sqitch.plan",
        );
        return reading;
    };
    reading.others.push(file.path.clone());
    let conf = files.iter().find(|file| file.path == "sqitch.conf");
    let setting =
        |section: &str, key: &str| conf.and_then(|conf| text::setting(&conf.text, section, key));
    let top = match (file.path.rsplit_once('/'), setting("core", "top_dir")) {
        (Some((folder, _)), _) => format!("{folder}/"),
        (None, Some(folder)) if folder.trim_end_matches('/') != "." => {
            format!("{}/", folder.trim_end_matches('/'))
        }
        _ => String::new(),
    };
    reading.others.extend(conf.map(|conf| conf.path.clone()));
    reading.history = setting("engine \"pg\"", "registry")
        .or_else(|| setting("core", "registry"))
        .map(|registry| TableName::new(Some(registry), "changes"));
    let plan = Plan::read(file, &mut reading);
    let mut recorded = plan.records();
    if let Ok(records) = &mut recorded {
        for record in records.values_mut() {
            record.committer_name = setting("user", "name").map(str::to_owned);
            record.committer_email = setting("user", "email").map(str::to_owned);
        }
    }
    for (place, entry) in plan.entries.iter().enumerate() {
        let Entry::Change { name, line, .. } = entry else {
            continue;
        };
        let script = |folder: &str, version: &str| {
            let path = format!("{top}{folder}/{version}.sql");
            files.iter().find(|file| file.path == path)
        };
        // Reworked later: its own texts bear a tag between the two, the latest that there is a text for.
        let version = match plan.tags_until_rework(place) {
            None => name.clone(),
            Some(tags) => {
                if tags.is_empty() {
                    let message = format!("change `{name}` is there twice without a tag between");
                    reading.error(&file.path, Some(*line), message, "");
                }
                let mut versions = tags.iter().map(|tag| format!("{name}@{tag}"));
                let first = versions.clone().next().unwrap_or_else(|| name.clone());
                versions
                    .find(|version| script("deploy", version).is_some())
                    .unwrap_or(first)
            }
        };
        let Some(deploy) = script("deploy", &version) else {
            let message = format!("change `{version}` has no file `{top}deploy/{version}.sql`");
            reading.error(&file.path, Some(*line), message, "");
            continue;
        };
        let mut found = Found::new(&version, &version, Piece::of(deploy));
        found.down = script("revert", &version).map(Piece::of);
        found.verify = script("verify", &version).map(Piece::of);
        found.checksum = Some(sqitch_script_hash(&deploy.text));
        match &mut recorded {
            Ok(records) => found.sqitch = records.remove(&place).map(Box::new),
            Err(why) => reading.no_record = Some(why.clone()),
        }
        reading.found.push(found);
    }
    reading
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
            (
                "sqitch.conf",
                "[core]\n\tengine = pg\n[engine \"pg\"]\n\tregistry = meta\n",
            ),
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
        assert_eq!(set.history.unwrap().to_string(), "meta.changes");
        let reworked = set.migrations[2].sqitch.as_ref().unwrap();
        let first = set.migrations[1].sqitch.as_ref().unwrap();
        assert_eq!(reworked.name, "users");
        assert_eq!(
            reworked.requires[0].id.as_deref(),
            Some(first.change_id.as_str())
        );
    }
}
