//! What a visitor of the dashboard may do, once signed in. Nobody may apply a release there: no page does.

use serde::{Deserialize, Serialize};

/// The role that a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DashboardRole {
    /// Looks.
    Viewer,
    /// Looks, and keeps signed decisions. Whether one counts is the gate's to say, by its signature.
    Approver,
    /// Looks, and asks the read-only console.
    Operator,
}

/// What somebody is about to do on the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DashboardDeed {
    /// To see a page.
    Look,
    /// To make the file of a decision, or to keep a signed one.
    Decide,
    /// To send a statement to a database over the read-only channel.
    Ask,
}

impl DashboardRole {
    /// All of them.
    pub const ALL: [DashboardRole; 3] = [
        DashboardRole::Viewer,
        DashboardRole::Approver,
        DashboardRole::Operator,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            DashboardRole::Viewer => "viewer",
            DashboardRole::Approver => "approver",
            DashboardRole::Operator => "operator",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<DashboardRole> {
        DashboardRole::ALL
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// May it?
    pub fn may(self, deed: DashboardDeed) -> bool {
        match deed {
            DashboardDeed::Look => true,
            DashboardDeed::Decide => self == DashboardRole::Approver,
            DashboardDeed::Ask => self == DashboardRole::Operator,
        }
    }
}

impl DashboardDeed {
    /// The role that may do it.
    pub fn role(self) -> DashboardRole {
        match self {
            DashboardDeed::Look => DashboardRole::Viewer,
            DashboardDeed::Decide => DashboardRole::Approver,
            DashboardDeed::Ask => DashboardRole::Operator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DashboardDeed, DashboardRole};

    #[test]
    fn everybody_looks_and_one_role_does_each_thing_more() {
        for deed in [
            DashboardDeed::Look,
            DashboardDeed::Decide,
            DashboardDeed::Ask,
        ] {
            let may = DashboardRole::ALL.into_iter().filter(|role| role.may(deed));
            let expected = if deed == DashboardDeed::Look { 3 } else { 1 };
            assert_eq!(may.count(), expected, "{deed:?}");
            assert!(deed.role().may(deed));
        }
        for role in DashboardRole::ALL {
            assert_eq!(DashboardRole::named(role.as_str()), Some(role));
        }
        assert_eq!(DashboardRole::named("admin"), None);
    }
}
