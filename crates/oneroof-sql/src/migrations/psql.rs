//! What psql would make of a script: variables, includes, conditions. Only for tools that run psql.
//!
//! Commands that only talk are blanked out; `\set`, `\unset`, `\if`, `\i` and `\ir` do what they say; any other one is
//! named with its line.

use std::collections::BTreeMap;

use super::MigrationFile;
use super::text::file_name;
use crate::lexer::{next_token, skip_blank};
use crate::parse::locate;

/// Includes may nest so deep.
const DEPTH_MAX: usize = 16;
/// Commands that say something, or guard a dump, and do nothing to a database.
const TALK: &[&str] = &[
    "echo",
    "qecho",
    "warn",
    "timing",
    "pset",
    "x",
    "a",
    "t",
    "f",
    "H",
    "C",
    "errverbose",
    "encoding",
    "conninfo",
    "restrict",
    "unrestrict",
];

/// A command that cannot be done here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// The text that the server would get to see.
pub(super) fn run(file: &str, text: &str, files: &[MigrationFile]) -> Result<String, Fault> {
    let mut state = State {
        files,
        variables: BTreeMap::new(),
    };
    state.read(file, text, 0)
}

struct State<'a> {
    files: &'a [MigrationFile],
    variables: BTreeMap<String, String>,
}

/// One `\if`: is this branch read, was one read before, and is what is around it read?
struct Branch {
    on: bool,
    done: bool,
    around: bool,
}

impl State<'_> {
    fn read(&mut self, file: &str, text: &str, depth: usize) -> Result<String, Fault> {
        let mut out = String::with_capacity(text.len());
        let mut branches: Vec<Branch> = Vec::new();
        let mut at = 0;
        loop {
            let on = branches.iter().all(|branch| branch.on);
            let start = skip_blank(text, at);
            self.copy(&mut out, text.get(at..start).unwrap_or(""), on);
            if start >= text.len() {
                break;
            }
            let rest = text.get(start..).unwrap_or("");
            if rest.starts_with('\\') {
                let end = rest.find('\n').map_or(text.len(), |end| start + end);
                let command = text.get(start..end).unwrap_or("").trim();
                self.command(
                    (file, locate(text, start).0),
                    command,
                    depth,
                    &mut branches,
                    &mut out,
                )?;
                at = end;
                continue;
            }
            if let Some((value, end)) = self.variable(text, start) {
                self.copy(&mut out, &value, on);
                at = end;
                continue;
            }
            let Some(token) = next_token(text, start) else {
                break;
            };
            // Two colons are a cast, whatever follows.
            let end = if rest.starts_with("::") {
                start + 2
            } else {
                token.end
            };
            self.copy(&mut out, text.get(start..end).unwrap_or(""), on);
            at = end;
        }
        match branches.is_empty() {
            true => Ok(out),
            false => Err(Fault {
                file: file.to_owned(),
                line: locate(text, text.len()).0,
                message: "`\\if` without `\\endif`".to_owned(),
                hint: "",
            }),
        }
    }

    fn copy(&self, out: &mut String, part: &str, on: bool) {
        if on {
            out.push_str(part);
        } else {
            out.extend(part.chars().filter(|letter| *letter == '\n'));
        }
    }

    /// `:name`, `:'name'` or `:"name"` of a variable that is set, and where it ends.
    fn variable(&self, text: &str, start: usize) -> Option<(String, usize)> {
        let rest = text.get(start..)?.strip_prefix(':')?;
        let quote = rest
            .chars()
            .next()
            .filter(|letter| matches!(letter, '\'' | '"'));
        let inner = quote.map_or(rest, |_| &rest[1..]);
        let length = inner
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(inner.len());
        let value = self.variables.get(inner.get(..length)?)?;
        let end = start + 1 + length;
        match quote {
            None => Some((value.clone(), end)),
            Some(quote) => {
                inner.get(length..)?.strip_prefix(quote)?;
                let doubled = value.replace(quote, &format!("{quote}{quote}"));
                Some((format!("{quote}{doubled}{quote}"), end + 2))
            }
        }
    }

    fn command(
        &mut self,
        (file, line): (&str, u32),
        command: &str,
        depth: usize,
        branches: &mut Vec<Branch>,
        out: &mut String,
    ) -> Result<(), Fault> {
        let fault = |message: String, hint| {
            Err(Fault {
                file: file.to_owned(),
                line,
                message,
                hint,
            })
        };
        let mut words = command.trim_start_matches('\\').split_whitespace();
        let name = words.next().unwrap_or_default();
        let arguments: Vec<&str> = words.collect();
        let on = branches.iter().all(|branch| branch.on);
        match name {
            "if" => {
                let holds = on && self.holds(&arguments);
                branches.push(Branch {
                    on: holds,
                    done: holds,
                    around: on,
                });
            }
            "elif" | "else" | "endif" => {
                let Some(mut branch) = branches.pop() else {
                    return fault(format!("`\\{name}` without `\\if`"), "");
                };
                if name == "endif" {
                    return Ok(());
                }
                branch.on =
                    branch.around && !branch.done && (name == "else" || self.holds(&arguments));
                branch.done |= branch.on;
                branches.push(branch);
            }
            _ if !on => {}
            "set" => {
                let value = arguments
                    .iter()
                    .skip(1)
                    .map(|word| unquoted(word))
                    .collect::<String>();
                let name = arguments.first().copied().unwrap_or_default();
                if value.contains('`') {
                    return fault(format!("`\\set {name}` runs a program"), "write its value");
                }
                self.variables.insert(name.to_owned(), value);
            }
            "unset" => {
                self.variables
                    .remove(arguments.first().copied().unwrap_or_default());
            }
            "i" | "include" | "ir" | "include_relative" => {
                let path = arguments
                    .first()
                    .map(|word| unquoted(word))
                    .unwrap_or_default();
                let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
                let wanted = match name {
                    "ir" | "include_relative" => joined(folder, &path),
                    _ => joined("", &path),
                };
                let Some(other) = self.files.iter().find(|other| other.path == wanted) else {
                    return fault(
                        format!("`\\{name} {path}`: there is no file `{wanted}` below the folder"),
                        "",
                    );
                };
                if depth >= DEPTH_MAX {
                    return fault(
                        format!("`\\{name} {}` nests too deep", file_name(&wanted)),
                        "does it include itself?",
                    );
                }
                let (path, text) = (other.path.clone(), super::text::without_mark(&other.text));
                let included = self.read(&path, &text, depth + 1)?;
                out.push_str(&included);
            }
            _ if TALK.contains(&name) => {}
            _ => {
                return fault(
                    format!("psql command `\\{name}` cannot be run here"),
                    "write it as SQL",
                );
            }
        }
        Ok(())
    }

    /// psql's truth: `1`, `true`, `on`, `yes`, or a variable that holds one.
    fn holds(&self, arguments: &[&str]) -> bool {
        let word = arguments.first().copied().unwrap_or_default();
        if let Some(name) = word.strip_prefix(":{?") {
            return self.variables.contains_key(name.trim_end_matches('}'));
        }
        let value = word
            .strip_prefix(':')
            .and_then(|name| self.variables.get(name));
        let value = value.map_or(word, String::as_str).to_ascii_lowercase();
        matches!(value.as_str(), "1" | "t" | "true" | "on" | "y" | "yes")
    }
}

fn unquoted(word: &str) -> String {
    let inner = word
        .strip_prefix('\'')
        .and_then(|word| word.strip_suffix('\''));
    inner.unwrap_or(word).replace("''", "'")
}

/// `path` as seen from `folder`, without `.` and `..`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::testing::files;
    use super::*;

    fn made(text: &str) -> Result<String, String> {
        let list = files(&[
            ("deploy/more.sql", "select 'more';"),
            ("deploy/loop.sql", "\\ir loop.sql\n"),
        ]);
        let text = run("deploy/a.sql", text, &list);
        text.map_err(|fault| format!("{}:{} {}", fault.file, fault.line, fault.message))
    }

    #[test]
    fn commands_do_what_psql_does() {
        for (text, expected) in [
            ("\\set ON_ERROR_STOP on\nselect 1;\n", "\nselect 1;\n"),
            (
                "\\set who 'o''x'\nselect :'who', :\"who\", a::who;",
                "\nselect 'o''x', \"o'x\", a::who;",
            ),
            (
                "\\set t orders\nselect * from :t where b = ':t';",
                "\nselect * from orders where b = ':t';",
            ),
            (
                "\\echo hello\nselect ':who', :who;",
                "\nselect ':who', :who;",
            ),
            ("\\ir more.sql\nselect 1;", "select 'more';\nselect 1;"),
            ("\\i deploy/more.sql\n", "select 'more';\n"),
            (
                "\\if false\nselect 1;\n\\elif true\nselect 2;\n\\else\nselect 3;\n\\endif\n",
                "\n\n\nselect 2;\n\n\n\n",
            ),
            ("select $$ \\echo $$;", "select $$ \\echo $$;"),
        ] {
            assert_eq!(made(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_named_with_its_line() {
        for (text, expected) in [
            (
                "select 1;\n\\copy t from 'x'\n",
                "deploy/a.sql:2 psql command `\\copy`",
            ),
            (
                "\\ir none.sql\n",
                "deploy/a.sql:1 `\\ir none.sql`: there is no file `deploy/none.sql`",
            ),
            ("\\if true\nselect 1;", "`\\if` without `\\endif`"),
            ("\\endif\n", "deploy/a.sql:1 `\\endif` without `\\if`"),
            ("\\ir loop.sql\n", "nests too deep"),
            ("\\set x `date`\n", "runs a program"),
        ] {
            let said = made(text).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
