//! Is the project's store as new as what its people have already pushed? Only Git's own records are asked; nothing is
//! fetched.

use std::path::Path;

use oneroof_model::gate::BrokenCondition;

use crate::programs;

/// The store is behind its upstream: a revocation or a no may lie there. A folder without Git, or a branch without
/// upstream, has nothing to be behind of.
pub(super) fn behind(root: &Path) -> Option<BrokenCondition> {
    let answer = programs::git(root, &["rev-list", "--count", "HEAD..@{upstream}", "--"]).ok()?;
    if !answer.status.success() {
        return None;
    }
    let commits: u64 = String::from_utf8_lossy(&answer.stdout)
        .trim()
        .parse()
        .ok()?;
    (commits > 0).then(|| BrokenCondition {
        code: "store_behind".to_owned(),
        message: format!(
            "this project is {commits} commits behind its upstream, where a no may lie"
        ),
        who: "whoever runs releases".to_owned(),
        how: "git pull".to_owned(),
    })
}
