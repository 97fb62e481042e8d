//! How a statement outside a transaction ended: the catalog is asked, because nobody may have heard the answer.

use oneroof_model::outside::{Aim, Ending, Mended};

use crate::connect::Session;
use crate::error::PgError;

/// What the catalog says now about the aim of a statement, with the search path of `session`.
///
/// # Errors
/// What the server says.
pub async fn ending(session: &Session, aim: &Aim) -> Result<Ending, PgError> {
    let there = async |kind: &str, name: &str| -> Result<bool, PgError> {
        let rows = session
            .query(include_str!("ending_named.sql"), &[&kind, &name])
            .await?;
        match rows.first() {
            Some(row) => Ok(row.try_get::<_, Option<bool>>(0)?.unwrap_or(false)),
            None => Ok(false),
        }
    };
    let done_if = |is_done: bool| match is_done {
        true => Ending::Done,
        false => Ending::NotThere,
    };
    Ok(match aim {
        Aim::CreateIndex { table, index } => index_ending(session, table, index).await?,
        // An index that was half dropped is dropped by the same statement.
        Aim::DropIndex { index } => done_if(!there("index", &index.to_string()).await?),
        Aim::Reindex { relation } => {
            let rows = session
                .query(include_str!("ending_reindex.sql"), &[&relation.to_string()])
                .await?;
            let mut left = Vec::new();
            let mut mend = Vec::new();
            for row in rows {
                left.push(row.try_get(0)?);
                mend.push(row.try_get(1)?);
            }
            match left.is_empty() {
                true => Ending::NotThere,
                false => Ending::Half {
                    left,
                    mend,
                    mended: Mended::RunAgain,
                },
            }
        }
        Aim::DetachPartition { parent, partition } => {
            let rows = session
                .query(
                    include_str!("ending_detach.sql"),
                    &[&parent.to_string(), &partition.to_string()],
                )
                .await?;
            match rows.first() {
                None => Ending::Done,
                Some(row) if row.try_get(0)? => Ending::Half {
                    left: vec![row.try_get(1)?],
                    mend: vec![row.try_get(2)?],
                    mended: Mended::Done,
                },
                Some(_) => Ending::NotThere,
            }
        }
        Aim::CreateDatabase { name } => done_if(there("database", name).await?),
        Aim::DropDatabase { name } => done_if(!there("database", name).await?),
        Aim::CreateTablespace { name } => done_if(there("tablespace", name).await?),
        Aim::DropTablespace { name } => done_if(!there("tablespace", name).await?),
        Aim::CreateSubscription { name } => done_if(there("subscription", name).await?),
        Aim::Repeat => Ending::NotThere,
    })
}

async fn index_ending(
    session: &Session,
    table: &oneroof_model::outside::RelationName,
    index: &Option<String>,
) -> Result<Ending, PgError> {
    let rows = session
        .query(
            include_str!("ending_index.sql"),
            &[&table.to_string(), index],
        )
        .await?;
    Ok(match rows.first() {
        None => Ending::NotThere,
        Some(row) if row.try_get(0)? => Ending::Done,
        Some(row) => Ending::Half {
            left: vec![row.try_get(1)?],
            mend: vec![row.try_get(2)?],
            mended: Mended::RunAgain,
        },
    })
}
