//! What the statements of a tier outside a transaction are after.

use oneroof_model::outside::{Aim, OutsideStatement, RelationName};
use pg_query::protobuf::node::Node;
use pg_query::protobuf::{
    AlterTableType, ObjectType, RangeVar, ReindexObjectType, ReindexStmt, VacuumStmt,
};

use crate::parse::{ParseError, with_parsed};
use crate::split::has_option;

/// One for each statement of `text`, in order; `None` for a statement that may run inside a transaction.
///
/// # Errors
/// As [`split`](crate::split()).
pub fn outside(text: &str) -> Result<Vec<Option<OutsideStatement>>, ParseError> {
    with_parsed(text, |tree| {
        tree.stmts
            .iter()
            .filter_map(|raw| raw.stmt.as_ref()?.node.as_ref())
            .map(statement)
            .collect()
    })
}

fn statement(node: &Node) -> Option<OutsideStatement> {
    let repeat = |relations: Vec<RelationName>| OutsideStatement {
        aim: Aim::Repeat,
        concurrently: false,
        relations,
    };
    let alone = |aim: Aim| OutsideStatement {
        aim,
        concurrently: false,
        relations: Vec::new(),
    };
    let concurrent = |aim: Aim, relations: Vec<RelationName>| OutsideStatement {
        aim,
        concurrently: true,
        relations,
    };
    if !crate::split::refuses_transaction(node) {
        return None;
    }
    Some(match node {
        Node::IndexStmt(index) => {
            let table = index.relation.as_ref().map(relation)?;
            let name = Some(index.idxname.clone()).filter(|name| !name.is_empty());
            let aim = Aim::CreateIndex {
                table: table.clone(),
                index: name,
            };
            concurrent(aim, vec![table])
        }
        Node::DropStmt(drop) if drop.remove_type == ObjectType::ObjectIndex as i32 => {
            let index = drop.objects.first()?;
            let index = listed_name(index.node.as_ref()?)?;
            concurrent(
                Aim::DropIndex {
                    index: index.clone(),
                },
                vec![index],
            )
        }
        Node::ReindexStmt(reindex) => reindexed(reindex, concurrent, repeat),
        Node::AlterTableStmt(alter) => {
            let parent = alter.relation.as_ref().map(relation)?;
            let partition = alter.cmds.iter().find_map(detached)?;
            let relations = vec![parent.clone(), partition.clone()];
            concurrent(Aim::DetachPartition { parent, partition }, relations)
        }
        Node::VacuumStmt(vacuum) => repeat(vacuumed(vacuum)),
        Node::CreatedbStmt(create) => alone(Aim::CreateDatabase {
            name: create.dbname.clone(),
        }),
        Node::DropdbStmt(drop) => alone(Aim::DropDatabase {
            name: drop.dbname.clone(),
        }),
        Node::CreateTableSpaceStmt(create) => alone(Aim::CreateTablespace {
            name: create.tablespacename.clone(),
        }),
        Node::DropTableSpaceStmt(drop) => alone(Aim::DropTablespace {
            name: drop.tablespacename.clone(),
        }),
        Node::CreateSubscriptionStmt(create) => alone(Aim::CreateSubscription {
            name: create.subname.clone(),
        }),
        _ => repeat(Vec::new()),
    })
}

fn reindexed(
    reindex: &ReindexStmt,
    concurrent: impl Fn(Aim, Vec<RelationName>) -> OutsideStatement,
    repeat: impl Fn(Vec<RelationName>) -> OutsideStatement,
) -> OutsideStatement {
    let is_concurrent = has_option(&reindex.params, "concurrently");
    let of_one = matches!(
        ReindexObjectType::try_from(reindex.kind),
        Ok(ReindexObjectType::ReindexObjectIndex | ReindexObjectType::ReindexObjectTable)
    );
    match &reindex.relation {
        Some(range) if of_one && is_concurrent => {
            let relation = relation(range);
            concurrent(
                Aim::Reindex {
                    relation: relation.clone(),
                },
                vec![relation],
            )
        }
        _ => OutsideStatement {
            concurrently: is_concurrent,
            ..repeat(Vec::new())
        },
    }
}

fn relation(range: &RangeVar) -> RelationName {
    RelationName {
        schema: Some(range.schemaname.clone()).filter(|schema| !schema.is_empty()),
        name: range.relname.clone(),
    }
}

/// A name in a list of `drop`.
fn listed_name(node: &Node) -> Option<RelationName> {
    let Node::List(list) = node else { return None };
    let mut parts: Vec<String> = list
        .items
        .iter()
        .filter_map(|item| match item.node.as_ref() {
            Some(Node::String(text)) => Some(text.sval.clone()),
            _ => None,
        })
        .collect();
    let name = parts.pop()?;
    Some(RelationName {
        schema: parts.pop(),
        name,
    })
}

/// The partition that a command of `alter table` detaches.
fn detached(command: &pg_query::protobuf::Node) -> Option<RelationName> {
    let Some(Node::AlterTableCmd(command)) = command.node.as_ref() else {
        return None;
    };
    if command.subtype != AlterTableType::AtDetachPartition as i32 {
        return None;
    }
    match command.def.as_deref()?.node.as_ref()? {
        Node::PartitionCmd(partition) => partition.name.as_ref().map(relation),
        _ => None,
    }
}

fn vacuumed(vacuum: &VacuumStmt) -> Vec<RelationName> {
    let relations = vacuum.rels.iter();
    relations
        .filter_map(|vacuumed| match vacuumed.node.as_ref() {
            Some(Node::VacuumRelation(vacuumed)) => vacuumed.relation.as_ref().map(relation),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(aim: &Aim) -> String {
        match aim {
            Aim::CreateIndex { table, index } => {
                format!("create {} on {table}", index.as_deref().unwrap_or("?"))
            }
            Aim::DropIndex { index } => format!("drop {index}"),
            Aim::Reindex { relation } => format!("reindex {relation}"),
            Aim::DetachPartition { parent, partition } => format!("detach {partition} of {parent}"),
            Aim::Repeat => "repeat".to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let found = outside(sql).unwrap();
        let found: Vec<String> = found
            .iter()
            .map(|statement| match statement {
                None => "inside".to_owned(),
                Some(statement) if statement.concurrently => {
                    format!("{}, waits", words(&statement.aim))
                }
                Some(statement) => words(&statement.aim),
            })
            .collect();
        assert_eq!(found.join("; "), expected, "{sql}");
    }

    #[test]
    fn every_statement_has_its_aim() {
        check(
            "create index concurrently i on s.t (a); select 1",
            r#"create i on "s"."t", waits; inside"#,
        );
        check(
            "create index concurrently on t (a)",
            r#"create ? on "t", waits"#,
        );
        check(
            r#"drop index concurrently if exists s."I""#,
            r#"drop "s"."I", waits"#,
        );
        check(
            "reindex table concurrently t; reindex (concurrently) index i",
            r#"reindex "t", waits; reindex "i", waits"#,
        );
        check("reindex table t", "inside");
        check(
            "alter table t detach partition s.p concurrently",
            r#"detach "s"."p" of "t", waits"#,
        );
        check(
            "vacuum (analyze) t; alter system set work_mem = '1MB'",
            "repeat; repeat",
        );
        check(
            "create database d; drop tablespace if exists x",
            r#"CreateDatabase { name: "d" }; DropTablespace { name: "x" }"#,
        );
    }
}
