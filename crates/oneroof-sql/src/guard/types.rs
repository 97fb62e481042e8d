//! Which types may be named.

use oneroof_model::readonly::{Name, TypeUse};

use super::size;
use crate::tree::Record;

/// Types whose operators or input ignore timeouts, and types that only exist inside the server.
const REFUSED: [&str; 27] = [
    "any",
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblemultirange",
    "anycompatiblenonarray",
    "anycompatiblerange",
    "anyelement",
    "anyenum",
    "anymultirange",
    "anynonarray",
    "anyrange",
    "cstring",
    "event_trigger",
    "fdw_handler",
    "index_am_handler",
    "internal",
    "language_handler",
    "path",
    "pg_ddl_command",
    "pg_node_tree",
    "polygon",
    "table_am_handler",
    "trigger",
    "tsm_handler",
    "void",
    "xml",
];

/// The type that a `TypeName` node names, or why it may not be.
pub(super) fn named(node: &Record) -> Result<TypeUse, (String, &'static str)> {
    const PLAIN: &str = "name a type with at most one schema";
    let names = node.path("names");
    let (schema, name) = match names.as_slice() {
        [name] => (None, *name),
        [schema, name] => (Some(*schema), *name),
        _ => return Err((String::from("a type name of three parts"), PLAIN)),
    };
    let offset = match node.get("location") {
        Some(crate::tree::Item::Number(location)) => usize::try_from(*location).ok(),
        _ => None,
    };
    if node.flag("setof") || node.flag("pct_type") {
        return Err((
            format!("`{name}` with SETOF or %TYPE is no type of a value"),
            PLAIN,
        ));
    }
    let builtin = schema.is_none_or(|schema| schema == "pg_catalog");
    // The array type of a type is its name behind an underscore.
    let element = name.strip_prefix('_').unwrap_or(name);
    if builtin && REFUSED.contains(&element) {
        let (reason, instead) = match element {
            "xml" => (
                "values of type `xml` are evaluated by a library that can be neither cancelled nor terminated",
                "select it as text",
            ),
            "path" | "polygon" => (
                "operators of large paths and polygons can be neither cancelled nor terminated",
                "use point, box, circle or lseg, or select it as text",
            ),
            _ => (
                "a type that only exists inside the server",
                "name the type of the value",
            ),
        };
        return Err((format!("`{name}`: {reason}"), instead));
    }
    if let Some(schema) = schema
        && super::relations::is_storage(schema)
    {
        return Err((format!("schema `{schema}` holds temporary objects"), PLAIN));
    }
    if builtin && matches!(element, "bpchar" | "char" | "bit") {
        let too_wide = node
            .records("typmods")
            .any(|modifier| size::bounds(modifier).high > size::WIDTH_MAX);
        if too_wide {
            return Err((
                format!(
                    "`{name}` pads every value to its length, which is more than {}",
                    size::WIDTH_MAX
                ),
                "use varchar or text",
            ));
        }
    }
    Ok(TypeUse {
        name: match schema {
            Some(schema) => Name::in_schema(schema, name),
            None => Name::bare(name),
        },
        offset,
    })
}
