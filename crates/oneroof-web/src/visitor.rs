//! Who asks. The door finds out once, and whatever is done for the request can look: what may be done, under which
//! name, and the sign that every form of ours bears.

use std::sync::Arc;

use maud::{Markup, html};
use oneroof_model::{DashboardDeed, DashboardRole};

tokio::task_local! {
    static CURRENT: Arc<Visitor>;
}

/// The field of a form that bears our sign.
pub(crate) const CSRF_FIELD: &str = "csrf";

/// Who asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// Who it is; `None` on a dashboard that only this machine reaches, where nobody signs in.
    pub(crate) signed_in: Option<(String, DashboardRole)>,
    /// What a form of ours says and a form of another site cannot know.
    pub(crate) csrf: String,
}

impl Visitor {
    /// May they? Whoever sits at this machine may do everything that a page can.
    pub(crate) fn may(&self, deed: DashboardDeed) -> bool {
        let role = self.signed_in.as_ref().map(|(_, role)| *role);
        role.is_none_or(|role| role.may(deed))
    }
}

/// Does it for this visitor.
pub(crate) async fn scope<F: Future>(visitor: Arc<Visitor>, work: F) -> F::Output {
    CURRENT.scope(visitor, work).await
}

/// The name that they signed in with.
pub(crate) fn name() -> Option<String> {
    let name = |visitor: &Arc<Visitor>| visitor.signed_in.as_ref().map(|(name, _)| name.clone());
    CURRENT.try_with(name).ok().flatten()
}

/// May they?
pub(crate) fn may(deed: DashboardDeed) -> bool {
    CURRENT
        .try_with(|visitor| visitor.may(deed))
        .unwrap_or(false)
}

/// What every form bears.
pub(crate) fn csrf() -> Markup {
    let sign = CURRENT.try_with(|visitor| visitor.csrf.clone());
    html! { input type="hidden" name=(CSRF_FIELD) value=(sign.unwrap_or_default()); }
}

/// Who is signed in, and the way out; nothing where nobody signs in.
pub(crate) fn card() -> Markup {
    let signed_in = CURRENT.try_with(|visitor| visitor.signed_in.clone());
    html! {
        @if let Ok(Some((name, role))) = signed_in {
            form.visitor method="post" action="/sign-out" {
                (csrf())
                span { strong { (name) } ", " (role.as_str()) }
                button type="submit" { "Sign out" }
            }
        }
    }
}

/// Says that another role is needed; nothing where it is not.
pub(crate) fn not_allowed(deed: DashboardDeed, what: &str) -> Markup {
    html! {
        @if !may(deed) { p.nothing { (what) " needs role " strong { (deed.role().as_str()) } "." } }
    }
}
