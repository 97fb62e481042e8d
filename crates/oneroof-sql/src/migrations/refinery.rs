//! refinery: `V1__name.sql` counted, `U1__name.sql` not counted: both go forward, in the order of their numbers.

use oneroof_model::{RefineryVersions, refinery_checksum};

use super::flyway::named;
use super::order::by_version;
use super::text::file_name;
use super::{Found, MigrationFile, Piece, Reading};

pub(super) fn read(files: &[MigrationFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        if let Some(('V' | 'U', version, name)) = named(&file.path) {
            let name = name.replace(' ', "_");
            let mut found = Found::new(&version, &name, Piece::of(file));
            let checksum = |versions| refinery_checksum(&name, &version, &file.text, versions);
            found.checksum = checksum(RefineryVersions::Int4);
            found.wide_checksum = checksum(RefineryVersions::Int8);
            if found.wide_checksum.is_none() {
                let message = format!("version `{version}` is no whole number");
                reading.error(
                    &file.path,
                    None,
                    message,
                    "refinery counts with whole numbers",
                );
            }
            reading.found.push(found);
        } else if file_name(&file.path).ends_with(".rs")
            && named(&file.path.replace(".rs", ".sql")).is_some()
        {
            let message = "it is written in Rust: what it makes cannot be read".to_owned();
            reading.error(
                &file.path,
                None,
                message,
                "write the SQL that it makes to a .sql file",
            );
        }
    }
    by_version(&mut reading.found);
    reading
}

#[cfg(test)]
mod tests {
    use oneroof_model::MigrationTool;

    use super::super::read;
    use super::super::testing::{files, told};

    #[test]
    fn both_kinds_go_forward() {
        let list = files(&[
            ("U3__c.sql", "select 1"),
            ("V1__a.sql", "select 1"),
            ("V2__b_c.sql", "select 1"),
        ]);
        assert_eq!(
            told(&read(MigrationTool::Refinery, &list)),
            ["1 a V1__a.sql -", "2 b_c V2__b_c.sql -", "3 c U3__c.sql -"]
        );
    }
}
