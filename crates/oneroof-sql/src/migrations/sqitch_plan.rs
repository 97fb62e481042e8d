//! `sqitch.plan`, line by line, and what Sqitch would record of each change: its id is a hash of everything that the plan
//! says of it, and of the id of the change before it.

use std::collections::BTreeMap;

use oneroof_model::sqitch_id;
use serde::Serialize;

use super::text::lines;
use super::{MigrationFile, Reading};

/// What Sqitch writes of a deployed change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SqitchRecord {
    /// The plan's project.
    pub project: String,
    /// Its URI.
    pub uri: Option<String>,
    /// The id of the change.
    pub change_id: String,
    /// Its name, without a tag.
    pub name: String,
    /// What was noted.
    pub note: String,
    /// When it was planned, in UTC.
    pub planned_at: String,
    /// Who planned it.
    pub planner_name: String,
    /// Where they are reached.
    pub planner_email: String,
    /// Changes that it needs.
    pub requires: Vec<SqitchDependency>,
    /// Changes that must not be there.
    pub conflicts: Vec<String>,
    /// Tags that stand on it.
    pub tags: Vec<SqitchTag>,
    /// `user.name` of `sqitch.conf`: who deploys.
    pub committer_name: Option<String>,
    /// `user.email` of `sqitch.conf`.
    pub committer_email: Option<String>,
}

/// A change that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SqitchDependency {
    /// As the plan writes it.
    pub text: String,
    /// The id of the change; `None`: it is of another project, and its id is in the registry.
    pub id: Option<String>,
    /// That other project.
    pub project: Option<String>,
    /// Its change.
    pub change: Option<String>,
    /// As of this tag.
    pub tag: Option<String>,
}

/// A tag of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SqitchTag {
    /// Its id.
    pub tag_id: String,
    /// `@v1`
    pub tag: String,
    /// What was noted.
    pub note: String,
    /// When it was planned, in UTC.
    pub planned_at: String,
    /// Who planned it.
    pub planner_name: String,
    /// Where they are reached.
    pub planner_email: String,
}

/// What follows the name of a change or a tag.
#[derive(Debug, Clone)]
pub(super) struct Said {
    date: String,
    planner_name: String,
    planner_email: String,
    note: String,
}

/// A line of the plan that is a change or a tag.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Change {
        name: String,
        line: u32,
        dependencies: Vec<String>,
        /// Why nothing can be recorded of it, if nothing can.
        said: Result<Said, String>,
    },
    Tag {
        name: String,
        said: Result<Said, String>,
    },
}

/// The whole plan.
pub(super) struct Plan {
    project: Result<String, String>,
    uri: Option<String>,
    pub(super) entries: Vec<Entry>,
}

impl Plan {
    pub(super) fn read(file: &MigrationFile, reading: &mut Reading) -> Plan {
        let mut plan = Plan {
            project: Err(format!("{} has no line `%project=NAME`", file.path)),
            uri: None,
            entries: Vec::new(),
        };
        for line in lines(super::text::without_mark(&file.text).as_str()) {
            let (text, note) = match line.text.split_once('#') {
                Some((text, note)) => (text.trim(), note),
                None => (line.text.trim(), ""),
            };
            if text.is_empty() {
                continue;
            }
            if let Some(pragma) = text.strip_prefix('%') {
                let (name, value) = pragma.split_once('=').unwrap_or((pragma, ""));
                match name.trim() {
                    "project" => plan.project = Ok(value.trim().to_owned()),
                    "uri" => plan.uri = Some(value.trim().to_owned()),
                    _ => {}
                }
                continue;
            }
            if text.starts_with('-') {
                let first = text.split_whitespace().next().unwrap_or_default();
                let message = format!(
                    "it takes `{}` back within the plan: not understood",
                    first.trim_start_matches('-')
                );
                reading.error(&file.path, Some(line.number), message, "");
                continue;
            }
            let place = format!("{}:{}", file.path, line.number);
            plan.entries.push(entry(text, note, &place, line.number));
        }
        plan
    }

    /// The tags between a change and the one that reworks it, the latest first; `None`: it was not reworked.
    pub(super) fn tags_until_rework(&self, place: usize) -> Option<Vec<&str>> {
        let Some(Entry::Change { name, .. }) = self.entries.get(place) else {
            return None;
        };
        let later = self.entries.get(place + 1..).unwrap_or_default();
        let again = later.iter().position(
            |other| matches!(other, Entry::Change { name: other, .. } if other == name),
        )?;
        let between = later.get(..again).unwrap_or_default();
        let tags = between.iter().rev().filter_map(|other| match other {
            Entry::Tag { name, .. } => Some(name.as_str()),
            Entry::Change { .. } => None,
        });
        Some(tags.collect())
    }

    /// What Sqitch would record, by the place of the change.
    pub(super) fn records(&self) -> Result<BTreeMap<usize, SqitchRecord>, String> {
        let project = self.project.clone()?;
        let uri = match &self.uri {
            None => None,
            Some(uri) => Some(canonical(uri).ok_or_else(|| {
                format!("the ids of its changes rest on `%uri={uri}`, whose canonical form is not known here")
            })?),
        };
        let mut head = format!("project {project}");
        if let Some(uri) = &uri {
            head.push_str(&format!("\nuri {uri}"));
        }
        let mut records: BTreeMap<usize, SqitchRecord> = BTreeMap::new();
        let mut last: Option<usize> = None;
        for (place, entry) in self.entries.iter().enumerate() {
            match entry {
                Entry::Tag { name, said } => {
                    let said = said.clone()?;
                    let Some(record) = last.and_then(|last| records.get_mut(&last)) else {
                        return Err(format!("tag `@{name}` stands before every change"));
                    };
                    let info = format!(
                        "{head}\ntag @{name}\nchange {}\n{}",
                        record.change_id,
                        tail(&said, "")
                    );
                    record.tags.push(SqitchTag {
                        tag_id: sqitch_id("tag", &info),
                        tag: format!("@{name}"),
                        note: said.note,
                        planned_at: said.date,
                        planner_name: said.planner_name,
                        planner_email: said.planner_email,
                    });
                }
                Entry::Change {
                    name,
                    dependencies,
                    said,
                    ..
                } => {
                    let said = said.clone()?;
                    let mut requires = Vec::new();
                    let mut conflicts = Vec::new();
                    for text in dependencies {
                        match text.strip_prefix('!') {
                            Some(text) => conflicts.push(dependency(text, &project).text),
                            None => {
                                let mut found = dependency(text, &project);
                                self.resolve(&mut found, place, &records)?;
                                requires.push(found);
                            }
                        }
                    }
                    let mut lists = String::new();
                    let mut list = |word: &str, between: &str, texts: Vec<&str>| {
                        if !texts.is_empty() {
                            let between = format!("\n  {between} ");
                            lists.push_str(&format!("\n{word}{between}{}", texts.join(&between)));
                        }
                    };
                    let texts = requires.iter().map(|one| one.text.as_str()).collect();
                    list("requires", "+", texts);
                    list(
                        "conflicts",
                        "-",
                        conflicts.iter().map(String::as_str).collect(),
                    );
                    let parent = last
                        .and_then(|last| records.get(&last))
                        .map_or_else(String::new, |parent| {
                            format!("parent {}\n", parent.change_id)
                        });
                    let info = format!("{head}\nchange {name}\n{parent}{}", tail(&said, &lists));
                    records.insert(
                        place,
                        SqitchRecord {
                            project: project.clone(),
                            uri: self.uri.clone(),
                            change_id: sqitch_id("change", &info),
                            name: name.clone(),
                            note: said.note,
                            planned_at: said.date,
                            planner_name: said.planner_name,
                            planner_email: said.planner_email,
                            requires,
                            conflicts,
                            tags: Vec::new(),
                            committer_name: None,
                            committer_email: None,
                        },
                    );
                    last = Some(place);
                }
            }
        }
        Ok(records)
    }

    /// The id of a change of this very plan: the first of its name, or the last one up to a tag.
    fn resolve(
        &self,
        wanted: &mut SqitchDependency,
        place: usize,
        records: &BTreeMap<usize, SqitchRecord>,
    ) -> Result<(), String> {
        if wanted.project.is_some() || wanted.id.is_some() {
            return Ok(());
        }
        let tag = wanted.tag.as_ref().map(|tag| format!("@{tag}"));
        let tagged = tag.as_ref().and_then(|tag| {
            let has = |record: &SqitchRecord| record.tags.iter().any(|one| one.tag == *tag);
            records.iter().find(|(_, record)| has(record))
        });
        let named =
            |(_, record): &(&usize, &SqitchRecord)| wanted.change.as_ref() == Some(&record.name);
        let found = match (&tag, &wanted.change, tagged) {
            (None, _, _) => records.iter().find(named),
            (Some(_), None, tagged) => tagged,
            (Some(_), Some(_), Some((last, _))) => records.range(..=*last).rev().find(named),
            (Some(_), Some(_), None) => None,
        };
        wanted.id = found.map(|(_, record)| record.change_id.clone());
        match (&wanted.id, self.entries.get(place)) {
            (None, Some(Entry::Change { name, line, .. })) => Err(format!(
                "change `{name}` (line {line}) requires `{}`, which the plan does not have before it",
                wanted.text
            )),
            _ => Ok(()),
        }
    }
}

/// A change or a tag; `note` is what follows the `#`.
fn entry(text: &str, note: &str, place: &str, line: u32) -> Entry {
    let is_tag = text.starts_with('@');
    let text = text.trim_start_matches(['@', '+']).trim_start();
    let end = text
        .find(|letter: char| letter.is_whitespace() || letter == '[')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut rest = rest.trim_start();
    let mut dependencies = Vec::new();
    if let Some((list, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        dependencies = list.split_whitespace().map(str::to_owned).collect();
        rest = after.trim_start();
    }
    let said = said(rest, note).ok_or_else(|| {
        format!("{place} does not say when `{name}` was planned, and by whom (`2024-01-31T12:00:00Z Name <mail>`)")
    });
    let name = name.to_owned();
    match is_tag {
        true => Entry::Tag { name, said },
        false => Entry::Change {
            name,
            line,
            dependencies,
            said,
        },
    }
}

/// `2024-01-31T12:00:00Z Name <mail>`
fn said(text: &str, note: &str) -> Option<Said> {
    const FORM: &str = "0000-00-00T00:00:00Z";
    let (date, rest) = text.split_at_checked(FORM.len())?;
    let fits = date
        .bytes()
        .zip(FORM.bytes())
        .all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        });
    let (name, email) = rest.trim().strip_suffix('>')?.split_once('<')?;
    // One blank stands between name and mail; any more are part of the name.
    let name = name.strip_suffix([' ', '\t'])?;
    (fits && !name.is_empty() && !email.is_empty()).then(|| Said {
        date: date.to_owned(),
        planner_name: name.to_owned(),
        planner_email: email.to_owned(),
        note: unescaped(note.trim()),
    })
}

/// A note is one line of the plan: what would break it is written with a backslash.
fn unescaped(note: &str) -> String {
    let mut text = String::with_capacity(note.len());
    let mut letters = note.chars().peekable();
    while let Some(letter) = letters.next() {
        let meant = match (letter, letters.peek()) {
            ('\\', Some('n')) => '\n',
            ('\\', Some('r')) => '\r',
            ('\\', Some('\\')) => '\\',
            _ => {
                text.push(letter);
                continue;
            }
        };
        letters.next();
        text.push(meant);
    }
    text
}

/// The end of what an id is made of.
fn tail(said: &Said, lists: &str) -> String {
    let note = match said.note.is_empty() {
        true => String::new(),
        false => format!("\n\n{}", said.note),
    };
    format!(
        "planner {} <{}>\ndate {}{lists}{note}",
        said.planner_name, said.planner_email, said.date
    )
}

/// `project:change@tag`, any part of it, or an id.
fn dependency(text: &str, own: &str) -> SqitchDependency {
    let (project, rest) = match text.split_once(':') {
        Some((project, rest)) if project == own => (None, rest),
        Some((project, rest)) => (Some(project.to_owned()), rest),
        None => (None, text),
    };
    let is_id = rest.len() == 40 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (change, tag) = match rest.split_once('@') {
        Some((change, tag)) => (change, Some(tag.to_owned())),
        None => (rest, None),
    };
    SqitchDependency {
        text: match &project {
            Some(_) => text.to_owned(),
            None => rest.to_owned(),
        },
        id: is_id.then(|| rest.to_owned()),
        project,
        change: (!change.is_empty() && !is_id).then(|| change.to_owned()),
        tag,
    }
}

/// The canonical form of a URI, of those whose form leaves no doubt.
fn canonical(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let (host, path) = match rest.find(['/', '?', '#']) {
        Some(end) => rest.split_at(end),
        None => (rest, ""),
    };
    let is_plain = |text: &str, more: &str| {
        text.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
    };
    let sound = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        && !host.is_empty()
        && is_plain(host, ".-")
        && is_plain(path, "/?#-._~!$&'()*+,;=:@");
    let path = if path.is_empty() { "/" } else { path };
    sound.then(|| {
        format!(
            "{}://{}{path}",
            scheme.to_ascii_lowercase(),
            host.to_ascii_lowercase()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        let file = MigrationFile {
            path: "sqitch.plan".to_owned(),
            text: text.to_owned(),
        };
        Plan::read(&file, &mut Reading::default())
    }

    /// The ids are those that the tutorial of Sqitch shows for this plan.
    #[test]
    fn ids_are_those_of_sqitch() {
        let planner = "Marge N. O\u{2019}Vera <marge@example.com>";
        let text = format!(
            "%syntax-version=1.0.0\n%project=flipr\n%uri=https://github.com/theory/sqitch-intro/\n\n\
             appschema 2013-12-30T23:19:45Z {planner} # Add schema for all flipr objects.\n\
             users [appschema] 2013-12-30T23:49:00Z {planner} # Creates table to track our users.\n\
             insert_user [users appschema] 2013-12-30T23:57:36Z {planner} # Creates a function to insert a user.\n\
             change_pass [users appschema] 2013-12-30T23:57:45Z {planner} # Creates a function to change a user password.\n\
             @v1.0.0-dev1 2013-12-31T00:01:22Z {planner} # Tag v1.0.0-dev1.\n"
        );
        let records: Vec<_> = plan(&text).records().unwrap().into_values().collect();
        let ids: Vec<&str> = records.iter().map(|one| one.change_id.as_str()).collect();
        assert_eq!(ids[0], "c7981df861183412b01be706889e508a63d445ca");
        assert_eq!(ids[1], "77398e1dbc5fbce58b05eb67d201f15774718727");
        assert_eq!(ids[3], "01a4f6964b89284525cb5877d222df8be70d1647");
        assert_eq!(records[3].tags[0].tag, "@v1.0.0-dev1");
        assert_eq!(records[3].requires[0].id.as_deref(), Some(ids[1]));
    }

    #[test]
    fn what_cannot_be_worked_out_is_said() {
        let said = |text: &str| plan(text).records().unwrap_err();
        let entry = "a 2024-01-01T00:00:00Z A <a@b.c>\n";
        assert!(said(entry).contains("has no line `%project=NAME`"));
        assert!(said("%project=p\n\na 2024\n").contains("sqitch.plan:3 does not say when `a`"));
        assert!(said(&format!("%project=p\n%uri=urn:x:%41\n\n{entry}")).contains("%uri=urn:x:%41"));
        let needy = "%project=p\n\na [b] 2024-01-01T00:00:00Z A <a@b.c>\n";
        assert!(said(needy).contains("requires `b`"));
        let other = "%project=p\n\na [q:b@v !c] 2024-01-01T00:00:00Z A <a@b.c> # x\\ny\n";
        let records = plan(other).records().unwrap();
        assert_eq!(records[&0].requires[0].project.as_deref(), Some("q"));
        assert_eq!(records[&0].conflicts, ["c"]);
        assert_eq!(records[&0].note, "x\ny");
    }
}
