//! The one table of routes.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use utoipa::openapi::OpenApi;

use crate::access::{self, Names};
use crate::assets;
use crate::door::{self, Door};
use crate::openapi::Description;
use crate::pages::{
    approve, axes, console, coverage, drift, evidence, gate, hub, passkeys, queue, reconcile,
    releases, status, take_back, targets,
};
use crate::sign_in;
use crate::site::Site;
use crate::view::{API, View, page, twin};

/// A request is never longer: the guard refuses statements of more than 64 KiB.
pub(crate) const REQUEST_BYTES_MAX: usize = 512 * 1024;

/// Pages, each with its twin, and the description of the twins.
struct Table {
    router: Router<Arc<Site>>,
    description: Description,
}

impl Table {
    fn view<V: View>(mut self) -> Table {
        // The twin of the front page has a name of its own.
        let twin_path = match V::PATH {
            "/" => format!("{API}/status"),
            path => format!("{API}{path}"),
        };
        self.description
            .add_view::<V>(&twin_path.replace("{*", "{"));
        self.router = self
            .router
            .route(V::PATH, get(page::<V>))
            .route(&twin_path, get(twin::<V>));
        self
    }
}

fn table() -> Table {
    let empty = Table {
        router: Router::new(),
        description: Description::new(),
    };
    let mut table = empty
        .view::<status::Status>()
        .view::<targets::Targets>()
        .view::<releases::ReleasesSeen>()
        .view::<releases::ReleaseStory>()
        .view::<evidence::EvidenceList>()
        .view::<evidence::Rehearsal>()
        .view::<evidence::under_way::UnderWaySeen>()
        .view::<gate::GateSeen>()
        .view::<approve::Screen>()
        .view::<passkeys::Passkeys>()
        .view::<coverage::overview::Overview>()
        .view::<coverage::parts::Summary>()
        .view::<coverage::parts::ByScope>()
        .view::<coverage::parts::ByOwner>()
        .view::<coverage::parts::ByObject>()
        .view::<coverage::parts::ByGroup>()
        .view::<coverage::parts::Gaps>()
        .view::<coverage::parts::Conflicts>()
        .view::<coverage::parts::ScanStatusSeen>()
        .view::<coverage::matrix::MatrixSeen>()
        .view::<coverage::object::OwnershipDetail>()
        .view::<coverage::owner::OwnerSeen>()
        .view::<axes::Axes>()
        .view::<reconcile::Reconcile>()
        .view::<drift::Drift>()
        .view::<queue::Queue>()
        .view::<hub::HubSeen>()
        .view::<hub::DocumentShown>();
    table.description.add_console();
    table.router = table
        .router
        .merge(console::routes())
        .merge(approve::routes())
        .merge(take_back::routes())
        .merge(passkeys::routes())
        .merge(evidence::files::routes())
        .merge(evidence::under_way::routes());
    table
}

/// What the API says of itself.
#[cfg(test)]
pub(crate) fn description() -> Description {
    table().description
}

/// Everything that is answered.
pub(crate) fn router(site: Arc<Site>, names: &Names, door: Arc<Door>) -> Router {
    let Table {
        router,
        description,
    } = table();
    let document: OpenApi = description.document();
    router
        .route(
            &format!("{API}/openapi.json"),
            get(async move || Json(document.clone())),
        )
        .merge(assets::routes())
        .with_state(site)
        .merge(sign_in::routes(Arc::clone(&door)))
        .fallback(access::nothing_here)
        .layer(CatchPanicLayer::custom(access::panicked))
        .layer(axum::middleware::from_fn_with_state(door, door::check))
        .layer(RequestBodyLimitLayer::new(REQUEST_BYTES_MAX))
        .layer(axum::middleware::from_fn(access::errors_in_json))
        .layer(axum::middleware::from_fn_with_state(
            names.clone(),
            access::check,
        ))
        .layer(CompressionLayer::new())
}
