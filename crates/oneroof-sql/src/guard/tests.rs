//! The guard against texts alone: the corpus, the coverage of the grammar, cases by threat.

use std::collections::BTreeSet;

use oneroof_model::readonly::TrustedNames;
use prost::Message as _;

use super::*;
use crate::parse::with_parsed;
use crate::position::Tree;
use crate::tree::{Arena, Item};

/// Every node type of the parser, with the protobuf message that holds an empty one.
fn every_node() -> Vec<(&'static str, pg_query::protobuf::Node)> {
    let mut found = Vec::new();
    // A field number and a length of zero: an empty message of that type.
    for tag in 1_u64..2_000 {
        let mut bytes = Vec::new();
        let mut key = tag << 3 | 2;
        while key >= 0x80 {
            bytes.push(u8::try_from(key & 0x7f).unwrap() | 0x80);
            key >>= 7;
        }
        bytes.push(u8::try_from(key).unwrap());
        bytes.push(0);
        let node = pg_query::protobuf::Node::decode(bytes.as_slice()).unwrap();
        if node.node.is_some() {
            let arena = Arena::new();
            let item = Item::of(&arena, &node);
            found.push((item.as_record().map_or("", |record| record.name), node));
        }
    }
    found
}

/// The verdict about a node that stands where any expression may stand.
fn judge_node(node: pg_query::protobuf::Node) -> Result<StatementKind, Box<GuardRefusal>> {
    use pg_query::protobuf::{RawStmt, ResTarget, SelectStmt, node::Node as Any};
    let boxed = |node| Some(Box::new(pg_query::protobuf::Node { node: Some(node) }));
    let target = Any::ResTarget(Box::new(ResTarget {
        val: Some(Box::new(node)),
        ..ResTarget::default()
    }));
    let select = Any::SelectStmt(Box::new(SelectStmt {
        target_list: vec![pg_query::protobuf::Node { node: Some(target) }],
        ..SelectStmt::default()
    }));
    let tree = Tree {
        stmts: vec![RawStmt {
            stmt: boxed(select),
            ..RawStmt::default()
        }],
        ..Tree::default()
    };
    let arena = Arena::new();
    let item = Item::of(&arena, &tree);
    judge(
        "select x",
        item.as_record().unwrap(),
        &TrustedNames::default(),
        0,
    )
    .map(|(kind, _)| kind)
}

#[test]
fn every_node_of_the_grammar_is_on_the_list_or_refused() {
    let all = every_node();
    assert!(all.len() > 260, "{}", all.len());
    let names: BTreeSet<&str> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), all.len());
    // The list has no slip of the pen: what it names exists.
    for name in nodes::ALLOWED {
        assert!(names.contains(name), "{name}");
    }
    assert!(nodes::ALLOWED.is_sorted());
    for (name, node) in all {
        let verdict = judge_node(node);
        if !nodes::is_allowed(name) {
            let refusal = verdict.expect_err(name);
            assert_eq!(refusal.object.as_deref(), Some(name));
        }
    }
}

#[derive(Debug)]
struct Case {
    sql: String,
    allow: bool,
    catalog: bool,
}

fn corpus() -> Vec<Case> {
    include_str!("../../tests/data/guard-corpus.jsonl")
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            Case {
                sql: value["sql"].as_str().unwrap().to_owned(),
                allow: value["expect"] == "allow",
                catalog: value["needs"] == "catalog",
            }
        })
        .collect()
}

#[test]
fn the_corpus_is_judged_as_it_says() {
    let (mut allowed, mut refused) = (0, 0);
    for case in corpus() {
        let verdict = admit(&case.sql, &TrustedNames::default());
        if case.allow || case.catalog {
            assert!(verdict.is_ok(), "{case:?}: {verdict:?}");
        } else {
            assert!(verdict.is_err(), "{case:?}");
        }
        if case.allow {
            allowed += 1;
        } else {
            refused += 1;
        }
    }
    assert_eq!((allowed, refused), (97, 111));
}

/// `rule | statement` a line.
#[test]
fn cases_by_threat_are_refused_with_their_rule() {
    let mut count = 0;
    for line in include_str!("../../tests/data/guard-refused.txt").lines() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        let (rule, sql) = line.split_once(" | ").unwrap_or_else(|| panic!("{line}"));
        let refusal = admit(sql, &TrustedNames::default()).expect_err(sql);
        assert_eq!(refusal.rule.as_str(), rule, "{sql}: {refusal}");
        assert!(!refusal.instead.is_empty() && !refusal.reason.is_empty());
        if let Some(place) = refusal.place {
            assert!(place.offset <= sql.len(), "{sql}");
        }
        count += 1;
    }
    assert!(count > 150, "{count}");
}

#[test]
fn honest_statements_are_admitted() {
    let mut count = 0;
    for sql in honest() {
        let verdict = admit(sql, &TrustedNames::default());
        assert!(verdict.is_ok(), "{sql}\n{verdict:?}");
        count += 1;
    }
    assert!(count > 200, "{count}");
}

/// Statements of the file of honest ones, one a line.
fn honest() -> impl Iterator<Item = &'static str> {
    include_str!("../../tests/data/guard-honest.sql").lines()
}

#[test]
fn parameters_with_values_are_admitted_where_no_constant_is_needed() {
    let admit = |text: &str, values| {
        super::admit_with_parameters(text.as_bytes(), &TrustedNames::default(), values)
            .map(|draft| draft.parameters)
            .map_err(|refusal| refusal.rule)
    };
    assert_eq!(admit("select id from t where id = $1 and b = $2", 2), Ok(2));
    assert_eq!(admit("select $2::text", 1), Err(GuardRule::Parameter));
    assert_eq!(admit("select $0::text", 1), Err(GuardRule::Parameter));
    assert_eq!(admit("select $1", 0), Err(GuardRule::Parameter));
    // What a rule must know is not known of a parameter.
    assert_eq!(
        admit("select repeat('x', $1)", 1),
        Err(GuardRule::SizeLimit)
    );
    assert_eq!(admit("select format($1, 1)", 1), Err(GuardRule::SizeLimit));
    assert_eq!(
        admit("select to_tsquery($1)", 1),
        Err(GuardRule::SearchText)
    );
    assert_eq!(
        admit("select lpad('x', 5, $1), lpad('x', $1)", 1),
        Err(GuardRule::SizeLimit)
    );
}

/// The statement as libpg_query prints its tree; `None` where it cannot.
fn printed_again(sql: &str) -> Option<String> {
    let tree = with_parsed(sql, Clone::clone).ok()?;
    pg_query::deparse(&tree, pg_query::DeparseOptions::default()).ok()
}

/// The verdict is about what a statement means and not about how it is written.
#[test]
fn a_statement_that_is_printed_again_gets_the_same_verdict() {
    let refused = include_str!("../../tests/data/guard-refused.txt")
        .lines()
        .filter_map(|line| line.split_once(" | "))
        .map(|(_, sql)| sql.to_owned());
    let corpus = corpus().into_iter().map(|case| case.sql);
    let mut count = 0;
    for sql in honest().map(str::to_owned).chain(refused).chain(corpus) {
        let Some(again) = printed_again(&sql) else {
            continue;
        };
        let rule = |sql: &str| {
            admit(sql, &TrustedNames::default())
                .map(|draft| {
                    let Uses {
                        functions,
                        operators,
                        dotted,
                        columns,
                        relations,
                        ..
                    } = draft.uses;
                    let relations: Vec<_> = relations.into_iter().map(|used| used.name).collect();
                    (functions, operators, dotted, columns, relations)
                })
                .map_err(|refusal| refusal.rule)
        };
        assert_eq!(rule(&sql), rule(&again), "{sql}\n{again}");
        count += 1;
    }
    assert!(count > 600, "{count}");
}

/// Whatever is nested how deep: a verdict, and never one about a fault of ours.
#[test]
fn every_nesting_up_to_the_limit_of_bytes_gets_a_verdict() {
    let shapes = [
        ("select ", "(select ", "1", ")"),
        ("select ", "(", "1", ")"),
        ("select ", "case when true then ", "1", " end"),
        ("select ", "f(", "1", ")"),
        ("select ", "lower(", "'x'", ")"),
        ("select ", "repeat(", "'x'", ", 2)"),
        ("select ", "replace(", "'x'", ", 'a', 'bb')"),
        ("select ", "concat_ws(", "'x'", ", 'a')"),
        ("select ", "least(", "1", ", 2)"),
        ("select ", "1 + ", "1", ""),
        ("select ", "'x' || ", "'y'", ""),
        ("select ", "- ", "1", ""),
        ("select ", "not ", "true", ""),
        ("select ", "array[", "1", "]"),
        ("select ", "a.", "b", ""),
        ("select ", "", "x", "::int"),
        ("select ", "", "x", "[1]"),
        ("select * from ", "(select * from ", "t", ") s"),
        ("select * from ", "(", "t", " cross join u)"),
        ("", "with a as (", "select 1", ") select 1"),
        ("", "select 1 union all ", "select 1", ""),
        ("", "explain ", "select 1", ""),
        ("select 1 where ", "exists (select where ", "true", ")"),
        ("select 1 where ", "true and ", "true", ""),
        ("select * from t join ", "t join ", "t", " on true"),
    ];
    for (head, open, middle, close) in shapes {
        let width = open.len() + close.len();
        let most = (GUARD_BYTES_MAX - head.len() - middle.len()) / width;
        for depth in [0, 1, 30, 300, 500, 1_000, 3_000, most / 2, most] {
            let depth = depth.min(most);
            let text = format!(
                "{head}{}{middle}{}",
                open.repeat(depth),
                close.repeat(depth)
            );
            assert!(text.len() <= GUARD_BYTES_MAX);
            if let Err(refusal) = admit(&text, &TrustedNames::default()) {
                assert_ne!(
                    refusal.rule.as_str(),
                    "internal-error",
                    "{open} {depth}: {refusal}"
                );
            } else {
                // The parser flattens the other shapes: chains of AND, names, subscripts, parentheses.
                let nests = (open.ends_with('(') && open.len() > 1)
                    || open.starts_with("case")
                    || open.contains("(select");
                assert!(depth < 1_500 || !nests, "{open} {depth}");
            }
        }
    }
    let long = "x".repeat(GUARD_BYTES_MAX + 1);
    let refusal = admit(&long, &TrustedNames::default()).unwrap_err();
    assert_eq!(refusal.rule.as_str(), "text-too-long");
    // Long and flat is fine.
    let flat = format!("select {}", vec!["1"; 30_000].join(","));
    assert!(admit(&flat, &TrustedNames::default()).is_ok());
}

#[test]
fn bytes_of_any_kind_get_a_verdict() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let seeds: Vec<&str> = honest().collect();
    for _ in 0..1_500 {
        let mut bytes = seeds[random(seeds.len())].as_bytes().to_vec();
        for _ in 0..=random(5) {
            let at = random(bytes.len() + 1);
            match random(4) {
                0 => bytes.insert(at, u8::try_from(random(256)).unwrap()),
                1 => bytes.truncate(at),
                2 => {
                    let other = seeds[random(seeds.len())];
                    bytes.splice(at..at, other.bytes());
                }
                _ => {
                    bytes.drain(at.saturating_sub(random(9))..at);
                }
            }
        }
        if let Err(refusal) = admit_bytes(&bytes, &TrustedNames::default()) {
            assert_ne!(refusal.rule.as_str(), "internal-error", "{refusal}");
            if let (Some(place), Ok(text)) = (refusal.place, std::str::from_utf8(&bytes)) {
                assert!(place.offset <= text.len(), "{text}");
            }
        }
    }
}
