//! A view: a value of the engine, and how it looks. It is both a page and its twin in the API.

use std::fmt::Debug;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, RawPathParams, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::{IntoParams, ToSchema};

use crate::access::LIVE_POLICY;
use crate::layout::{self, Frame, Place};
use crate::problem::Problem;
use crate::site::Site;

/// Where the twins are.
pub(crate) const API: &str = "/api/v1";

/// A page and its twin.
pub(crate) trait View: Serialize + ToSchema + Sized + Send + Sync + 'static {
    /// What is asked for, from the address. Its debug text names the reading.
    type Ask: DeserializeOwned + IntoParams + Debug + Send + Sync;

    /// The path, in the words of axum.
    const PATH: &'static str;
    /// What it shows, in one sentence: the description of the twin.
    const SUMMARY: &'static str;
    /// Where it is in the navigation.
    const PLACE: Place;

    /// The target that is asked about, where it is about one.
    fn target(_ask: &Self::Ask) -> Option<&str> {
        None
    }

    /// Is it about one target?
    const ABOUT_TARGET: bool = true;

    /// Does a script of ours follow what goes on?
    const IS_LIVE: bool = false;

    /// May what was read a moment ago be shown again? Not where people look because something goes on.
    const IS_SHARED: bool = true;

    /// Reads it.
    fn read(site: &Site, ask: &Self::Ask) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// Its title.
    fn title(&self, ask: &Self::Ask) -> String;

    /// How it looks.
    fn page(&self, ask: &Self::Ask) -> Markup;
}

/// The page.
pub(crate) async fn page<V: View>(
    State(site): State<Arc<Site>>,
    path: RawPathParams,
    uri: Uri,
) -> Response {
    let mut frame = Frame {
        place: V::PLACE,
        targets: match V::ABOUT_TARGET {
            true => site.targets(),
            false => Vec::new(),
        },
        target: None,
        path: uri.path().to_owned(),
    };
    let ask = match ask::<V>(&path, &uri) {
        Ok(ask) => ask,
        Err(problem) => return layout::problem(&frame, &problem),
    };
    if V::ABOUT_TARGET {
        frame.target = V::target(&ask).map(str::to_owned);
        if let (None, [first, _, ..]) = (&frame.target, frame.targets.as_slice()) {
            // An address without a target means the first one; with it, it means the same tomorrow.
            return Redirect::to(&with_target(&uri, first)).into_response();
        }
        frame.target = frame.target.or_else(|| frame.targets.first().cloned());
    }
    match read::<V>(&site, &ask).await {
        Ok(value) => {
            let mut response = layout::page(&frame, &value.title(&ask), &value.page(&ask));
            if V::IS_LIVE {
                let policy = HeaderValue::from_static(LIVE_POLICY);
                let _ = response
                    .headers_mut()
                    .insert(header::CONTENT_SECURITY_POLICY, policy);
            }
            response
        }
        Err(problem) => layout::problem(&frame, &problem),
    }
}

/// The twin.
pub(crate) async fn twin<V: View>(
    State(site): State<Arc<Site>>,
    path: RawPathParams,
    uri: Uri,
) -> Response {
    let ask = match ask::<V>(&path, &uri) {
        Ok(ask) => ask,
        Err(problem) => return problem.json(),
    };
    match read::<V>(&site, &ask).await {
        Ok(value) => (
            StatusCode::OK,
            [(header::CACHE_CONTROL, "no-store")],
            Json(&*value),
        )
            .into_response(),
        Err(problem) => problem.json(),
    }
}

/// Reads a view, or takes what was read a moment ago.
pub(crate) async fn read<V: View>(site: &Site, ask: &V::Ask) -> Result<Arc<V>, Problem> {
    if !V::IS_SHARED {
        return Ok(Arc::new(V::read(site, ask).await?));
    }
    let name = format!("{} {ask:?}", V::PATH);
    site.recent.read(&name, V::read(site, ask)).await
}

/// What the address asks for: the parts of the path and the query are one set of words. Empty words, as a form
/// sends them, are as good as none.
fn ask<V: View>(path: &RawPathParams, uri: &Uri) -> Result<V::Ask, Problem> {
    let wrong = |error: String| {
        Problem::input(format!("cannot understand the address: {error}"))
            .hint("the API is described in /api/v1/openapi.json")
    };
    let Query(mut words) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|error| wrong(error.to_string()))?;
    words.retain(|(_, word)| !word.is_empty());
    words.extend(
        path.iter()
            .map(|(name, word)| (name.to_owned(), word.to_owned())),
    );
    let query: String = words
        .iter()
        .map(|(name, word)| format!("{}={}", layout::encoded(name), layout::encoded(word)))
        .collect::<Vec<_>>()
        .join("&");
    let uri: Uri = format!("/?{query}")
        .parse()
        .map_err(|_| wrong("it is too long".to_owned()))?;
    let Query(ask) = Query::try_from_uri(&uri).map_err(|error| wrong(error.body_text()))?;
    Ok(ask)
}

fn with_target(uri: &Uri, target: &str) -> String {
    let target = layout::encoded(target);
    match uri.query() {
        Some(query) if !query.is_empty() => format!("{}?{query}&target={target}", uri.path()),
        _ => format!("{}?target={target}", uri.path()),
    }
}
