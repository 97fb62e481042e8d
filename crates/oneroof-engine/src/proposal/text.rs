//! The text of a proposed `governance.toml`.

use super::{Inventory, ProposedGroup};

/// What the template leaves open.
pub(super) struct Choices<'a> {
    pub(super) inventory: Inventory,
    pub(super) schema: &'a str,
    pub(super) spine: &'a str,
    pub(super) vocabulary: &'a str,
    pub(super) groups: &'a [ProposedGroup],
}

/// Fills the template.
pub(super) fn governance(choices: &Choices<'_>) -> String {
    let containers = match choices.inventory {
        Inventory::Catalog => "Schemas",
        Inventory::Directus => "Folders",
    };
    let kinds = match choices.inventory {
        Inventory::Catalog => {
            "\n# Kinds of relation that are governed: ordinary and partitioned tables always; \"v\", \"m\", \"f\" and\n\
             # \"unlogged\" add views, materialized views, foreign and unlogged tables.\n\
             # catalog_kinds = [\"r\", \"p\"]\n"
        }
        Inventory::Directus => "",
    };
    include_str!("governance.toml")
        .replace("@schema@", &quoted(choices.schema))
        .replace("@inventory@", &quoted(choices.inventory.parameter()))
        .replace("@spine@", &quoted(choices.spine))
        .replace("@vocabulary@", &quoted(choices.vocabulary))
        .replace("@containers@", containers)
        .replace("@kinds@", kinds)
        .replace("@groups@", &groups(choices))
}

fn groups(choices: &Choices<'_>) -> String {
    if choices.groups.is_empty() {
        let example = match choices.inventory {
            Inventory::Catalog => "public",
            Inventory::Directus => "FOLDER",
        };
        return format!(
            "    # {{ container = {}, group = {}, governed = true }},\n",
            quoted(example),
            quoted(&group_code(example))
        );
    }
    let line = |group: &ProposedGroup| {
        format!(
            "    {{ container = {}, group = {}, governed = true }}, # objects: {}\n",
            quoted(&group.container),
            quoted(&group.group),
            group.objects
        )
    };
    choices.groups.iter().map(line).collect()
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The code of a container's group: `GRP-` and its name in capitals.
pub(super) fn group_code(container: &str) -> String {
    let name: String = container
        .chars()
        .map(|c| match c {
            c if c.is_alphanumeric() => c.to_uppercase().next().unwrap_or(c),
            _ => '-',
        })
        .collect();
    let name = name.trim_matches('-');
    match name.strip_prefix("GRP-") {
        Some(rest) => format!("GRP-{rest}"),
        None => format!("GRP-{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(groups: &[ProposedGroup]) -> toml::Table {
        let text = governance(&Choices {
            inventory: Inventory::Catalog,
            schema: "one_roof",
            spine: "none",
            vocabulary: "create",
            groups,
        });
        assert!(!text.contains('@'), "{text}");
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn the_template_is_toml_whatever_the_names_are() {
        let odd = "we\"ird\\ name\n";
        let groups = [ProposedGroup {
            container: odd.to_owned(),
            group: group_code(odd),
            objects: 3,
        }];
        let base = &text(&groups)["packages"]["one-roof-base"];
        let group = &base["inventory_groups"][0];
        assert_eq!(group["container"].as_str(), Some(odd));
        assert_eq!(group["group"].as_str(), Some("GRP-WE-IRD--NAME"));
        assert_eq!(
            text(&[])["packages"]["one-roof"]["schema"].as_str(),
            Some("one_roof")
        );
    }

    #[test]
    fn a_folder_that_is_called_like_a_group_keeps_its_name() {
        assert_eq!(group_code("GRP-AI"), "GRP-AI");
        assert_eq!(group_code("film_rental"), "GRP-FILM-RENTAL");
    }
}
