//! `[[rename]]` and `[[retire]]` of a parameter file: what a sync may not conclude by itself.

use serde::Deserialize;

use crate::TomlError;

/// What people say about things that went or ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    /// Objects that got another name.
    pub renames: Vec<RenameOrder>,
    /// What ends on purpose.
    pub retired: Vec<RetireOrder>,
}

/// An object that got another name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameOrder {
    /// Its name as the target's assignments have it.
    pub from: String,
    /// Its name as the inventory has it now.
    pub to: String,
}

/// Something that ends on purpose: exactly one of agency, scope, group and container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetireOrder {
    /// An agency.
    pub agency: Option<String>,
    /// The agency that takes its rows over.
    pub successor: Option<String>,
    /// A scope.
    pub scope: Option<String>,
    /// A group.
    pub group: Option<String>,
    /// A schema or folder that is no longer listed in `inventory_groups`.
    pub container: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    rename: Vec<RenameOrder>,
    #[serde(default)]
    retire: Vec<RetireOrder>,
}

impl Orders {
    /// Reads the orders of a parameter file and adds them.
    ///
    /// # Errors
    /// [`TomlError`] with the place of what does not fit.
    pub fn add_file(&mut self, file: &str, text: &str) -> Result<(), TomlError> {
        let parsed: File = TomlError::parse(file, text)?;
        for order in &parsed.retire {
            let named = [&order.agency, &order.scope, &order.group, &order.container];
            let count = named.into_iter().flatten().count();
            if count != 1 || (order.successor.is_some() && order.agency.is_none()) {
                return Err(TomlError {
                    hint: Some(
                        "write one of agency (with successor), scope, group and container in each [[retire]]"
                            .to_owned(),
                    ),
                    ..TomlError::new(file, text, "a [[retire]] that names not exactly one thing", None)
                });
            }
        }
        self.renames.extend(parsed.rename);
        self.retired.extend(parsed.retire);
        Ok(())
    }

    /// Does an agency end? Gives its order.
    pub(super) fn agency(&self, code: &str) -> Option<&RetireOrder> {
        self.retired
            .iter()
            .find(|order| order.agency.as_deref() == Some(code))
    }

    pub(super) fn retires_scope(&self, code: &str) -> bool {
        self.retired
            .iter()
            .any(|order| order.scope.as_deref() == Some(code))
    }

    pub(super) fn retires_group(&self, code: &str) -> bool {
        self.retired
            .iter()
            .any(|order| order.group.as_deref() == Some(code))
    }

    pub(super) fn retires_container(&self, name: &str) -> bool {
        self.retired
            .iter()
            .any(|order| order.container.as_deref() == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_several_files_add_up_and_parameters_are_left_alone() {
        let mut orders = Orders::default();
        orders
            .add_file(
                "a.toml",
                "[packages.one-roof]\nschema = 'x'\n[[rename]]\nfrom = 'a'\nto = 'b'\n",
            )
            .unwrap();
        orders
            .add_file(
                "b.toml",
                "[[retire]]\nagency = 'GOV-A'\nsuccessor = 'GOV-B'\n[[retire]]\nscope = 's'\n",
            )
            .unwrap();
        assert_eq!(orders.renames.len(), 1);
        assert_eq!(
            orders.agency("GOV-A").unwrap().successor.as_deref(),
            Some("GOV-B")
        );
        assert!(orders.retires_scope("s") && !orders.retires_group("s"));
    }

    #[test]
    fn an_order_that_says_too_much_or_too_little_is_an_error() {
        for text in [
            "[[retire]]\n",
            "[[retire]]\nscope = 's'\ngroup = 'g'\n",
            "[[retire]]\nscope = 's'\nsuccessor = 'GOV-B'\n",
            "[[retire]]\nagent = 'GOV-A'\n",
            "[[rename]]\nfrom = 'a'\n",
        ] {
            assert!(Orders::default().add_file("f", text).is_err(), "{text}");
        }
    }
}
