//! Clones without the rows of some tables. What such a table is, is there; its file is not, so that whatever reads or
//! writes it fails, at the latest when it is planned, and nobody ever takes it for empty: neither a query nor a foreign
//! key nor a person with psql.

use std::path::Path;

use super::error::{CloneError, database};
use super::snapshot::end_reading;
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::error::PgError;

/// Words of the server about a file that is not there, up to its path.
const NO_FILE: &str = "could not open file \"";

/// A relation or a function, and what it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeObject {
    /// A function, or a relation.
    pub is_function: bool,
    /// Its OID, unique among its kind.
    pub oid: u32,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Both, quoted where needed.
    pub identity: String,
    /// Does it store rows of its own?
    pub has_rows: bool,
    /// Is it needed whatever is done?
    pub always: bool,
    /// The statement that makes a function, if it can be read.
    pub definition: Option<String>,
    /// OIDs of relations that it uses.
    pub relations: Vec<u32>,
    /// OIDs of functions that it uses.
    pub functions: Vec<u32>,
}

/// Reads what there is, in one transaction, which is asked before its end whether it wrote.
///
/// # Errors
/// What the server says.
pub async fn scope_objects(
    source: &ConnInfo,
    application_name: &str,
) -> Result<Vec<ScopeObject>, CloneError> {
    let session = connect(source, &SessionOptions::read_only(application_name))
        .await
        .map_err(database("open the source"))?;
    let reading = || database("read what the source holds");
    session
        .simple("begin transaction isolation level repeatable read read only")
        .await
        .map_err(reading())?;
    let rows = session
        .query(include_str!("scope.sql"), &[])
        .await
        .map_err(reading())?;
    let object = |row: &tokio_postgres::Row| {
        Ok(ScopeObject {
            is_function: row.try_get("is_function")?,
            oid: row.try_get("oid")?,
            schema: row.try_get("schema")?,
            name: row.try_get("name")?,
            identity: row.try_get("identity")?,
            has_rows: row.try_get("has_rows")?,
            always: row.try_get("always")?,
            definition: row.try_get("definition")?,
            relations: row.try_get("relations")?,
            functions: row.try_get("functions")?,
        })
    };
    let objects: Result<Vec<ScopeObject>, PgError> = rows.iter().map(object).collect();
    let objects = objects.map_err(reading())?;
    end_reading(&session).await?;
    session.close().await;
    Ok(objects)
}

/// Takes the files of these tables away.
pub(super) async fn leave_out(
    target: &ConnInfo,
    data_folder: &Path,
    tables: &[String],
) -> Result<(), CloneError> {
    if tables.is_empty() {
        return Ok(());
    }
    let leaving = || database("leave tables out");
    let session = connect(target, &SessionOptions::read_write("oneroof/clone"))
        .await
        .map_err(leaving())?;
    let mut paths: Vec<String> = Vec::new();
    for row in session
        .query(include_str!("left_out.sql"), &[&tables])
        .await
        .map_err(leaving())?
    {
        paths.push(
            row.try_get("path")
                .map_err(PgError::from)
                .map_err(leaving())?,
        );
    }
    // From here on no recovery makes them again.
    session.simple("checkpoint").await.map_err(leaving())?;
    session.close().await;
    for path in paths {
        remove_file(&data_folder.join(path)).map_err(CloneError::LeftOut)?;
    }
    Ok(())
}

/// Removes a relation's file with all its segments.
fn remove_file(path: &Path) -> std::io::Result<()> {
    std::fs::remove_file(path)?;
    for segment in 1_u32.. {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{segment}"));
        match std::fs::remove_file(Path::new(&name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
            other => other?,
        }
    }
    Ok(())
}

/// The table that an error of the server is about, if it is about a file that was taken away. `session` is one on the
/// clone, as its superuser.
///
/// # Errors
/// What the server says.
pub async fn left_out_table(session: &Session, text: &str) -> Result<Option<String>, PgError> {
    let Some(file) = missing_file(text) else {
        return Ok(None);
    };
    let rows = session
        .query(include_str!("left_out_table.sql"), &[&file])
        .await?;
    match rows.first() {
        Some(row) => Ok(Some(row.try_get("identity")?)),
        None => Ok(None),
    }
}

/// The number in `base/16384/16401`.
fn missing_file(text: &str) -> Option<u32> {
    let (_, path) = text.split_once(NO_FILE)?;
    let (path, _) = path.split_once('"')?;
    let number = path.strip_prefix("base/")?.split('/').nth(1)?;
    number.split(['.', '_']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_from_what_the_server_says() {
        let says = |path: &str| {
            format!("ERROR: could not open file \"{path}\": No such file or directory")
        };
        assert_eq!(missing_file(&says("base/16384/16401")), Some(16401));
        assert_eq!(missing_file(&says("base/16384/16401.1")), Some(16401));
        assert_eq!(missing_file(&says("global/1262")), None);
        assert_eq!(missing_file("no rows"), None);
    }
}
