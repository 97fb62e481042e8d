//! Which relations a name may stand for, as far as a name can tell.

use super::lists::RELATIONS;

/// Views of `information_schema` that show options of user mappings, and the tables behind them.
const SECRET_INFORMATION: [&str; 2] = ["user_mapping_options", "user_mappings"];

/// Relations of `pg_catalog` that hold secrets: refused with and without the schema, because
/// `pg_catalog` is searched first.
const SECRET: [&str; 13] = [
    "pg_authid",
    "pg_config",
    "pg_file_settings",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_largeobject",
    "pg_shadow",
    "pg_stat_wal_receiver",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_subscription",
    "pg_user_mapping",
    "pg_user_mappings",
];

/// Why a relation may not be read; `None` if nothing speaks against the name.
pub(super) fn objection(database: &str, schema: Option<&str>, name: &str) -> Option<String> {
    if !database.is_empty() {
        return Some(String::from("a name of three parts names a database"));
    }
    match schema {
        None if SECRET.contains(&name) => Some(secret(name)),
        None => None,
        Some("pg_catalog") => of_catalog(name),
        Some("information_schema") => of_information_schema(name),
        Some(schema) if is_storage(schema) => Some(format!(
            "schema `{schema}` holds raw storage or temporary objects"
        )),
        Some(_) => None,
    }
}

/// The same for a relation that is known to be in `pg_catalog`.
pub(super) fn of_catalog(name: &str) -> Option<String> {
    if SECRET.contains(&name) {
        return Some(secret(name));
    }
    (!RELATIONS.contains(name))
        .then(|| format!("`pg_catalog.{name}` is not among the reviewed relations of the catalog"))
}

/// The same for a relation that is known to be in `information_schema`.
pub(super) fn of_information_schema(name: &str) -> Option<String> {
    (name.starts_with('_') || SECRET_INFORMATION.contains(&name))
        .then(|| format!("`information_schema.{name}` may show secrets"))
}

/// Schemas that nobody reads by name.
pub(super) fn is_storage(schema: &str) -> bool {
    schema.starts_with("pg_toast") || schema.starts_with("pg_temp")
}

fn secret(name: &str) -> String {
    format!("`{name}` holds secrets")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (schema, name) in [
            (None, "orders"),
            (None, "pg_class"),
            (None, "pg_stat_statements"),
            (Some("pg_catalog"), "pg_class"),
            (Some("information_schema"), "columns"),
            (Some("app"), "pg_authid"),
        ] {
            assert_eq!(objection("", schema, name), None, "{name}");
        }
        for (database, schema, name) in [
            ("postgres", Some("public"), "orders"),
            ("", None, "pg_authid"),
            ("", Some("pg_catalog"), "pg_shadow"),
            ("", Some("pg_catalog"), "pg_something_new"),
            ("", Some("pg_toast"), "pg_toast_1255"),
            ("", Some("pg_toast_temp_3"), "x"),
            ("", Some("pg_temp"), "x"),
            ("", Some("pg_temp_7"), "x"),
            ("", Some("information_schema"), "user_mapping_options"),
            ("", Some("information_schema"), "_pg_user_mappings"),
        ] {
            assert!(objection(database, schema, name).is_some(), "{name}");
        }
    }
}
