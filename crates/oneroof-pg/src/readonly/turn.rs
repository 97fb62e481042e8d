//! One turn of the channel: one transaction, one statement.

use std::time::{Duration, Instant};

use futures_util::{TryStreamExt as _, future};
use oneroof_model::readonly::{Admitted, StatementKind};
use tokio_postgres::types::Type;
use tokio_postgres::{Error, SimpleQueryMessage, Statement};

use super::connection::{CatalogState, Connection};
use super::error::ReadonlyError;
use super::outcome::{ColumnShape, QueryRows, Truncated};
use super::parameter::{Parameter, PlainText};
use super::pool::Slot;
use super::recover;
use crate::connect::Session;

/// Stands before a select, so that the server's own grammar refuses what is not one.
const DECLARE: &str = "declare oneroof_query no scroll cursor for ";

/// A slot with an open READ ONLY transaction in which every limit is set.
///
/// Dropping it in the middle is safe: what runs is cancelled, and the slot is free when the server has obeyed.
pub struct Turn {
    held: Option<(Slot, Connection)>,
    catalog: Option<CatalogState>,
    deadline: Instant,
}

impl Turn {
    /// The slot comes back if the connection was lost before anything was sent over it.
    pub(super) async fn begin(
        slot: Slot,
        connection: Connection,
    ) -> Result<Self, (Option<Slot>, ReadonlyError)> {
        let pool = std::sync::Arc::clone(&slot.pool);
        let limits = pool.limits();
        let limit = limits.statement + limits.cancel_after;
        let mut turn = Turn {
            held: Some((slot, connection)),
            catalog: None,
            deadline: Instant::now() + limit,
        };
        let begun = match &turn.held {
            Some((_, connection)) => {
                let options = &pool.options;
                let begin = connection.begin(
                    &pool.conninfo,
                    limits,
                    &options.application_name,
                    options.is_superuser_accepted,
                );
                tokio::time::timeout(limit, begin)
                    .await
                    .unwrap_or_else(|_| Err(deadline(limit)))
            }
            None => return Err((None, gone())),
        };
        match begun {
            Ok(catalog) => {
                turn.catalog = Some(catalog);
                Ok(turn)
            }
            Err(ReadonlyError::Server(error)) if error.is_connection_lost() => {
                let slot = turn.held.take().map(|(slot, _)| slot);
                Err((slot, error.into()))
            }
            Err(error) => {
                turn.give_up();
                Err((None, error))
            }
        }
    }

    /// The session, for reading facts of the catalog in the same transaction.
    ///
    /// # Errors
    /// Never, before [`Turn::execute`] or [`Turn::finish`].
    pub fn session(&self) -> Result<&Session, ReadonlyError> {
        self.held
            .as_ref()
            .map(|(_, connection)| &connection.session)
            .ok_or_else(gone)
    }

    /// Which state of the catalog is read.
    ///
    /// # Errors
    /// Never, for a turn that began.
    pub fn catalog(&self) -> Result<&CatalogState, ReadonlyError> {
        self.catalog.as_ref().ok_or_else(gone)
    }

    /// How long the whole turn may still take.
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Ends the turn without a statement.
    ///
    /// # Errors
    /// What the server says; the connection is closed then.
    pub async fn finish(mut self) -> Result<(), ReadonlyError> {
        let Some((slot, connection)) = &self.held else {
            return Err(gone());
        };
        let limit = slot.pool.limits().terminate_after;
        let ended = tokio::time::timeout(limit, connection.end()).await;
        match ended {
            Ok(Ok(())) => {
                self.give_back();
                Ok(())
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(deadline(limit)),
        }
    }

    /// Runs the statement, reads its rows up to the limits, and rolls back: one round trip.
    ///
    /// # Errors
    /// What the server says, the deadline. The slot is taken care of in any case.
    pub async fn execute(
        mut self,
        admitted: &Admitted,
        parameters: &[Option<String>],
    ) -> Result<QueryRows, ReadonlyError> {
        let Some((slot, connection)) = &self.held else {
            return Err(gone());
        };
        let limits = slot.pool.limits().clone();
        let limit = limits.statement + limits.cancel_after;
        connection.meter.arm(limits.bytes_max);
        let mut answer = Answer {
            rows: Vec::new(),
            names: Vec::new(),
            rows_max: usize::try_from(limits.rows_max).unwrap_or(usize::MAX),
        };
        let run = async {
            match admitted.kind() {
                StatementKind::Select => {
                    select(connection, admitted, parameters, &mut answer).await
                }
                StatementKind::Explain | StatementKind::Show => {
                    plain(connection, admitted, parameters, &mut answer).await
                }
            }
        };
        let outcome = tokio::time::timeout(limit, run).await;
        let mut rows = QueryRows {
            bytes: connection.meter.received(),
            ..QueryRows::default()
        };
        let is_over = connection.meter.is_over();
        connection.meter.disarm();
        let columns = match outcome {
            Err(_) => return Err(deadline(limit)),
            // The rows that came before the one that was too much are whole.
            Ok(_) if is_over => {
                rows.truncated = Some(Truncated::Bytes);
                Vec::new()
            }
            Ok(Ok(columns)) => columns,
            Ok(Err(error)) => {
                let error = connection.session.explain(error).await;
                let is_lost = error.is_connection_lost() || connection.session.is_closed();
                if !is_lost && connection.end().await.is_ok() {
                    self.give_back();
                }
                return Err(error.into());
            }
        };
        rows.columns = if columns.is_empty() {
            answer.shapes()
        } else {
            columns
        };
        if answer.rows.len() > answer.rows_max {
            answer.rows.truncate(answer.rows_max);
            rows.truncated = rows.truncated.or(Some(Truncated::Rows));
        }
        rows.rows = answer.rows;
        if !is_over {
            self.give_back();
        }
        Ok(rows)
    }

    /// The connection is clean: the next turn may have it.
    fn give_back(&mut self) {
        if let Some((slot, connection)) = self.held.take() {
            let _ = connection.session.take_notices();
            slot.pool.keep(connection);
        }
    }

    /// The connection is not to be used any more.
    fn give_up(&mut self) {
        if let Some((slot, connection)) = self.held.take() {
            recover::in_the_background(slot, connection);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn deadline(limit: Duration) -> ReadonlyError {
    ReadonlyError::Deadline {
        limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
    }
}

fn gone() -> ReadonlyError {
    ReadonlyError::Surprise {
        what: "the turn is over".to_owned(),
    }
}

/// Rows as they come.
struct Answer {
    rows: Vec<Vec<Option<String>>>,
    names: Vec<String>,
    rows_max: usize,
}

impl Answer {
    fn shapes(&self) -> Vec<ColumnShape> {
        let names = self.names.iter();
        names
            .map(|name| ColumnShape {
                name: name.clone(),
                type_name: "unknown".to_owned(),
            })
            .collect()
    }
}

/// A select, by a cursor: the server's own grammar takes nothing else behind DECLARE, and sends no row too many.
/// Everything goes out at once; behind a failure the server refuses the rest, up to the rollback.
async fn select(
    connection: &Connection,
    admitted: &Admitted,
    parameters: &[Option<String>],
    answer: &mut Answer,
) -> Result<Vec<ColumnShape>, Error> {
    let client = connection.session.client();
    let path = admitted.search_path();
    let declare = format!("{DECLARE}{}", admitted.text());
    let values: Vec<Parameter<'_>> = values(parameters);
    let typed: Vec<(&(dyn tokio_postgres::types::ToSql + Sync), Type)> = values
        .iter()
        .map(|value| (value as _, Type::UNKNOWN))
        .collect();
    let fetch = format!(
        "fetch forward {} from oneroof_query",
        answer.rows_max.saturating_add(1)
    );
    let (pathed, described, declared, fetched, ended) = future::join5(
        client.query(&connection.set_path, &[&path]),
        client.prepare(admitted.text()),
        client.execute_typed(&declare, &typed),
        fetch_rows(client, &fetch, answer),
        connection.end_raw(),
    )
    .await;
    let _ = pathed?;
    // The first to fail, so the position of an error is one in the statement's own text.
    let described = described?;
    let _ = declared?;
    fetched?;
    ended?;
    Ok(shapes(&described))
}

/// EXPLAIN and SHOW, which no cursor takes. The extended protocol takes one statement only.
async fn plain(
    connection: &Connection,
    admitted: &Admitted,
    parameters: &[Option<String>],
    answer: &mut Answer,
) -> Result<Vec<ColumnShape>, Error> {
    let client = connection.session.client();
    let path = admitted.search_path();
    let values: Vec<Parameter<'_>> = values(parameters);
    let typed: Vec<(&(dyn tokio_postgres::types::ToSql + Sync), Type)> = values
        .iter()
        .map(|value| (value as _, Type::UNKNOWN))
        .collect();
    let read = async {
        let rows = client.query_typed(admitted.text(), &typed).await?;
        let columns = rows.first().map(|row| {
            let columns = row.columns().iter();
            columns
                .map(|column| shape(column.name(), column.type_()))
                .collect()
        });
        for row in rows.into_iter().take(answer.rows_max.saturating_add(1)) {
            let values = (0..row.len()).map(|index| {
                Ok(row
                    .try_get::<_, Option<PlainText>>(index)?
                    .map(|text| text.0))
            });
            answer.rows.push(values.collect::<Result<_, Error>>()?);
        }
        Ok::<Vec<ColumnShape>, Error>(columns.unwrap_or_default())
    };
    let (pathed, read, ended) = future::join3(
        client.query(&connection.set_path, &[&path]),
        read,
        connection.end_raw(),
    )
    .await;
    let _ = pathed?;
    let columns = read?;
    ended?;
    Ok(columns)
}

fn values(parameters: &[Option<String>]) -> Vec<Parameter<'_>> {
    parameters
        .iter()
        .map(|value| Parameter(value.as_deref()))
        .collect()
}

async fn fetch_rows(
    client: &tokio_postgres::Client,
    fetch: &str,
    answer: &mut Answer,
) -> Result<(), Error> {
    // The simple protocol: every value as PostgreSQL prints it, whatever its type.
    let stream = client.simple_query_raw(fetch).await?;
    let mut stream = std::pin::pin!(stream);
    while let Some(message) = stream.try_next().await? {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                answer.names = columns
                    .iter()
                    .map(|column| column.name().to_owned())
                    .collect();
            }
            SimpleQueryMessage::Row(row) => {
                let values = (0..row.len()).map(|index| Ok(row.try_get(index)?.map(str::to_owned)));
                answer.rows.push(values.collect::<Result<_, Error>>()?);
            }
            _ => {}
        }
    }
    Ok(())
}

fn shapes(statement: &Statement) -> Vec<ColumnShape> {
    let columns = statement.columns().iter();
    columns
        .map(|column| shape(column.name(), column.type_()))
        .collect()
}

fn shape(name: &str, of: &Type) -> ColumnShape {
    let type_name = match of.schema() {
        "pg_catalog" => of.name().to_owned(),
        schema => format!("{schema}.{}", of.name()),
    };
    ColumnShape {
        name: name.to_owned(),
        type_name,
    }
}
