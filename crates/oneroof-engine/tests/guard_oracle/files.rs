//! Statements to try: our own, or those of a folder of psql scripts.

use std::fs;

/// Name and statements of each file.
pub(crate) type Files = Vec<(String, Vec<String>)>;

/// The statements of the guard's tests, the refused ones too: they must be refused here as well.
pub(crate) fn own() -> Files {
    let honest = include_str!("../../../oneroof-sql/tests/data/guard-honest.sql");
    let corpus = include_str!("../../../oneroof-sql/tests/data/guard-corpus.jsonl");
    let refused = include_str!("../../../oneroof-sql/tests/data/guard-refused.txt");
    let corpus = corpus.lines().map(|line| {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        case["sql"].as_str().unwrap().to_owned()
    });
    let refused = refused
        .lines()
        .filter_map(|line| line.split_once(" | "))
        .map(|(_, sql)| sql.to_owned());
    vec![
        ("honest".into(), honest.lines().map(str::to_owned).collect()),
        (
            "corpus".into(),
            corpus.filter(|sql| !sql.contains('\0')).collect(),
        ),
        ("refused".into(), refused.collect()),
    ]
}

/// The `.sql` files of a folder, by name.
pub(crate) fn of_folder(folder: &str) -> Files {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            (path.display().to_string(), statements(&text))
        })
        .collect()
}

/// Cuts a psql script at semicolons outside of quotes and comments; psql's own commands and the data of `copy` are
/// left out, and so are statements with its variables.
fn statements(text: &str) -> Vec<String> {
    let mut script = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let lower = line.to_lowercase();
        if lower.starts_with("copy ") && lower.contains("from stdin") {
            for data in lines.by_ref() {
                if data == "\\." {
                    break;
                }
            }
        } else if !line.starts_with('\\') {
            // `\gset`, `\g` and the like end a statement.
            match line
                .split_once(" \\g")
                .or_else(|| line.split_once(" \\crosstab"))
            {
                Some((sql, _)) => {
                    script.push_str(sql);
                    script.push_str(";\n");
                }
                None => {
                    script.push_str(line);
                    script.push('\n');
                }
            }
        }
    }
    cut(&script)
        .into_iter()
        .filter(|sql| !sql.contains(":'") && !sql.contains(":\""))
        .collect()
}

fn cut(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < script.len() {
        let rest = &script[at..];
        let skip = |end: Option<usize>, width: usize| end.map_or(rest.len(), |end| end + width);
        if rest.starts_with("--") {
            at += skip(rest.find('\n'), 0);
        } else if rest.starts_with("/*") {
            at += skip(rest.find("*/"), 2);
        } else if rest.starts_with('\'') || rest.starts_with('"') {
            at += 1 + skip(rest[1..].find(&rest[..1]), 1);
        } else if let Some(tag) = dollar_tag(rest) {
            at += tag.len()
                + skip(rest[tag.len()..].find(tag), tag.len()).min(rest.len() - tag.len());
        } else if rest.starts_with(';') {
            found.push(script[start..at].trim().to_owned());
            at += 1;
            start = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found.retain(|sql| !sql.is_empty());
    found
}

fn dollar_tag(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('$')?;
    let end = inner.find('$')?;
    let is_tag = inner[..end]
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_')
        && !inner.starts_with(|c: char| c.is_ascii_digit());
    is_tag.then(|| &rest[..end + 2])
}
