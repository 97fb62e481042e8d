//! The folders of Directus, read from `public.directus_collections`.

use serde::Serialize;

use crate::connect::Session;
use crate::error::PgError;

/// The folders, and what lies in none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Folders {
    /// Each folder by name, with the number of collections right below it.
    pub folders: Vec<(String, i64)>,
    /// Collections that lie in no folder.
    pub without_folder: i64,
}

/// Reads the folders.
///
/// # Errors
/// What the server says: 42P01 where there is no Directus, 42501 without the right to read it.
pub async fn folders(session: &Session) -> Result<Folders, PgError> {
    let rows = session.query(include_str!("folders.sql"), &[]).await?;
    let mut read = Folders::default();
    for row in &rows {
        let members = row.try_get("members")?;
        match row.try_get::<_, Option<String>>("name")? {
            Some(name) => read.folders.push((name, members)),
            None => read.without_folder = members,
        }
    }
    Ok(read)
}
