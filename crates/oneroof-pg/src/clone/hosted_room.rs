//! Is there room in a server that is not ours alone? SQL does not say how much of a disk is free. Where the server runs
//! on this machine, its disk is asked here; anywhere else it is not known, which is said.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::connect::Session;
use crate::conninfo::ConnInfo;
use crate::ephemeral::free_disk_bytes;
use crate::error::PgError;

/// What is known about the disk of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Room {
    /// So many bytes are free where its databases are.
    Free { bytes: u64, folder: PathBuf },
    /// Nothing, and why, a clause.
    Unknown(&'static str),
}

/// Asks the disk of the server that `admin`, a superuser's session, is connected to.
pub(super) async fn look(admin: &Session, maintenance: &ConnInfo) -> Result<Room, PgError> {
    if !Path::new(&maintenance.host()).is_absolute() {
        return Ok(Room::Unknown(
            "it is reached over the network, and SQL does not tell how much of its disk is free",
        ));
    }
    let rows = admin.query(include_str!("hosted_room.sql"), &[]).await?;
    let Some(row) = rows.first() else {
        return Ok(Room::Unknown("it does not say where its databases are"));
    };
    let folder = PathBuf::from(row.try_get::<_, String>("path")?);
    let touched = (row.try_get("modified_at")?, row.try_get("changed_at")?);
    Ok(of_folder(folder, touched))
}

/// The room in a folder, if it is the one that was touched at these two moments: a server in a container may have
/// another one by the same name.
fn of_folder(folder: PathBuf, touched: (i64, i64)) -> Room {
    let here = std::fs::metadata(&folder).map(|facts| (facts.mtime(), facts.ctime()));
    let is_same = here.is_ok_and(|here| here == touched);
    match free_disk_bytes(&folder).filter(|_| is_same) {
        Some(bytes) => Room::Free { bytes, folder },
        None => Room::Unknown("the folder of its databases is not to be seen from here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_asked_only_if_it_is_the_servers() {
        let folder = tempfile::tempdir().unwrap();
        let facts = std::fs::metadata(folder.path()).unwrap();
        let (modified, changed) = (facts.mtime(), facts.ctime());
        let room = |touched| of_folder(folder.path().to_owned(), touched);
        assert!(matches!(room((modified, changed)), Room::Free { bytes, .. } if bytes > 0));
        for touched in [(modified - 1, changed), (modified, changed + 1)] {
            assert!(matches!(room(touched), Room::Unknown(_)), "{touched:?}");
        }
        let gone = of_folder(folder.path().join("none"), (modified, changed));
        assert!(matches!(gone, Room::Unknown(_)));
    }
}
