//! What Sqitch records of a change: a row of `changes`, its dependencies, its tags, and the event. All of one moment, so
//! that the way back finds the event that belongs to the row.

use oneroof_model::TableName;

use super::{History, Rows, literal};
use crate::migrations::{Migration, SqitchDependency, SqitchRecord};

impl History<'_> {
    /// Who deploys: as `sqitch.conf` says, or the role.
    pub(super) fn committer(&self) -> (String, String) {
        let own = self.first_change();
        let name = own.and_then(|record| record.committer_name.as_deref());
        let email = own.and_then(|record| record.committer_email.as_deref());
        (
            name.map_or("current_user".to_owned(), literal),
            email.map_or("current_user || '@localhost'".to_owned(), literal),
        )
    }

    /// What the plan says of itself stands with every change.
    pub(super) fn first_change(&self) -> Option<&SqitchRecord> {
        let mut all = self.set.migrations.iter();
        all.find_map(|migration| migration.sqitch.as_deref())
    }

    fn beside(&self, table: &str) -> String {
        self.table.beside(table).sql()
    }

    pub(super) fn record_change(&self, migration: &Migration) -> String {
        let Some(record) = &migration.sqitch else {
            return String::new();
        };
        let (committer, email) = self.committer();
        let id = literal(&record.change_id);
        let project = literal(&record.project);
        let planned = |date: &str, name: &str, email: &str| {
            format!("{}, {}, {}", literal(date), literal(name), literal(email))
        };
        let list = |texts: Vec<&str>| {
            let texts: Vec<String> = texts.into_iter().map(literal).collect();
            format!("array[{}]::text[]", texts.join(", "))
        };
        let requires = record.requires.iter().map(|one| one.text.as_str());
        let conflicts = record.conflicts.iter().map(String::as_str);
        let tags = record.tags.iter().map(|one| one.tag.as_str());
        let by_plan = planned(
            &record.planned_at,
            &record.planner_name,
            &record.planner_email,
        );
        let mut sql = format!(
            "insert into {} (change_id, script_hash, change, project, note, committer_name, committer_email, planned_at, planner_name, planner_email, committed_at)\nvalues ({id}, {}, {}, {project}, {}, {committer}, {email}, {by_plan}, clock_timestamp());\n",
            self.table.sql(),
            literal(migration.checksum.as_deref().unwrap_or_default()),
            literal(&record.name),
            literal(&record.note),
        );
        let dependencies = record.requires.iter().map(|one| {
            let wanted = self.id_of(one, record);
            format!("({id}, 'require', {}, {wanted})", literal(&one.text))
        });
        let dependencies = dependencies.chain(
            record
                .conflicts
                .iter()
                .map(|text| format!("({id}, 'conflict', {}, null)", literal(text))),
        );
        let dependencies: Vec<String> = dependencies.collect();
        if !dependencies.is_empty() {
            sql.push_str(&format!(
                "insert into {} (change_id, type, dependency, dependency_id)\nvalues {};\n",
                self.beside("dependencies"),
                dependencies.join(",\n       ")
            ));
        }
        for tag in &record.tags {
            sql.push_str(&format!(
                "insert into {} (tag_id, tag, project, change_id, note, committer_name, committer_email, planned_at, planner_name, planner_email)\nvalues ({}, {}, {project}, {id}, {}, {committer}, {email}, {});\n",
                self.beside("tags"),
                literal(&tag.tag_id),
                literal(&tag.tag),
                literal(&tag.note),
                planned(&tag.planned_at, &tag.planner_name, &tag.planner_email)
            ));
        }
        sql.push_str(&format!(
            "insert into {} (event, change_id, change, project, note, tags, requires, conflicts, committer_name, committer_email, planned_at, planner_name, planner_email, committed_at)\nselect 'deploy', c.change_id, c.change, c.project, c.note, {}, {}, {}, c.committer_name, c.committer_email, c.planned_at, c.planner_name, c.planner_email, c.committed_at\n  from {} as c\n where c.change_id = {id};\n",
            self.beside("events"),
            list(tags.collect()),
            list(requires.collect()),
            list(conflicts.collect()),
            self.table.sql(),
        ));
        sql
    }

    /// The id of a change that is needed: known from the plan, or looked up, of another project.
    fn id_of(&self, wanted: &SqitchDependency, own: &SqitchRecord) -> String {
        if let Some(id) = &wanted.id {
            return literal(id);
        }
        let project = literal(wanted.project.as_deref().unwrap_or(&own.project));
        let changes = self.table.sql();
        let tagged = wanted.tag.as_ref().map(|tag| {
            format!(
                "(select c.committed_at from {} as t join {changes} as c on c.change_id = t.change_id where t.project = {project} and t.tag = {})",
                self.beside("tags"),
                literal(&format!("@{tag}"))
            )
        });
        let mut conditions = vec![format!("c.project = {project}")];
        conditions.extend(
            wanted
                .change
                .as_ref()
                .map(|change| format!("c.change = {}", literal(change))),
        );
        conditions.extend(tagged.map(|tagged| format!("c.committed_at <= {tagged}")));
        format!(
            "(select c.change_id from {changes} as c where {} order by c.committed_at desc limit 1)",
            conditions.join(" and ")
        )
    }

    pub(super) fn forget_change(&self, migration: &Migration) -> String {
        let Some(record) = &migration.sqitch else {
            return String::new();
        };
        let id = literal(&record.change_id);
        let of = |table: &str| self.beside(table);
        format!(
            "delete from {} where change_id = {id};\n\
             delete from {} where change_id = {id};\n\
             delete from {events} where change_id = {id} and event = 'deploy'\n   and committed_at = (select c.committed_at from {changes} as c where c.change_id = {id});\n\
             delete from {changes} where change_id = {id};\n",
            of("tags"),
            of("dependencies"),
            events = of("events"),
            changes = self.table.sql(),
        )
    }

    pub(super) fn rows_of_change(&self, migration: &Migration) -> Vec<Rows> {
        let Some(record) = &migration.sqitch else {
            return Vec::new();
        };
        let of = |table: &TableName, predicate: String| Rows {
            table: table.sql(),
            predicate,
        };
        let change = format!("change_id = {}", literal(&record.change_id));
        let mut rows = vec![of(&self.table, change.clone())];
        if !record.requires.is_empty() || !record.conflicts.is_empty() {
            rows.push(of(&self.table.beside("dependencies"), change.clone()));
        }
        if !record.tags.is_empty() {
            rows.push(of(&self.table.beside("tags"), change.clone()));
        }
        rows.push(of(&self.table.beside("events"), change));
        rows
    }
}
