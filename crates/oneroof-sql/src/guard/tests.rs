//! The guard against texts alone: the corpus, the coverage of the grammar, cases by threat.

use std::collections::BTreeSet;

use oneroof_model::readonly::TrustedNames;
use prost::Message as _;

use super::*;
use crate::position::Tree;

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
            let item = Item::of(&node);
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
    let item = Item::of(&tree);
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
