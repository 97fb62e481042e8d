//! A rehearsal that is under way: what happened so far, and, where scripts run, what happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use maud::{Markup, html};
use oneroof_engine::context::Context;
use oneroof_engine::error::EngineError;
use oneroof_engine::under_way::{self, Standing, Story};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::happened::{Happened, happened};
use crate::assets;
use crate::layout::{self, Frame, Place, encoded};
use crate::parts::badge::{Tone, badge};
use crate::parts::text::{prose, when};
use crate::problem::Problem;
use crate::site::Site;
use crate::streams::{self, Client, Open};
use crate::view::View;

/// How often the journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// Then the browser asks again, and so the door is passed again.
const FOLLOWED_FOR: Duration = Duration::from_secs(300);

/// Which rehearsal.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Named {
    /// Its name, as the list of rehearsals has it.
    name: String,
}

/// What happened so far.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct UnderWaySeen(Story);

impl View for UnderWaySeen {
    type Ask = Named;
    const PATH: &'static str = "/under-way/{name}";
    const SUMMARY: &'static str = "A rehearsal that is under way: what happened so far";
    const PLACE: Place = Place::Evidence;
    const ABOUT_TARGET: bool = false;
    const IS_LIVE: bool = true;
    // A file is read, and no database asked: `Look again` looks again.
    const IS_SHARED: bool = false;

    async fn read(site: &Site, ask: &Named) -> Result<UnderWaySeen, Problem> {
        let story = read(&site.context, &ask.name, 0).await?;
        match story.standing {
            Standing::Gone => Err(Problem::missing(format!(
                "there is no rehearsal `{}`: it was refused or stopped, or never began",
                ask.name
            ))
            .hint("the list of rehearsals names those that there are")),
            Standing::Going | Standing::Finished => Ok(UnderWaySeen(story)),
        }
    }

    fn title(&self, _: &Named) -> String {
        let begin = self
            .0
            .events
            .iter()
            .find(|event| event["event"] == "run_started");
        let package = begin.and_then(|event| event["package"].as_str());
        format!("Rehearsal of {}", package.unwrap_or("a package"))
    }

    fn page(&self, ask: &Named) -> Markup {
        let story = &self.0;
        html! {
            p #standing aria-live="polite" { (standing(story.standing, &ask.name)) }
            ol.story #story data-follow={ "/under-way/" (encoded(&ask.name)) "/events" } data-next=(story.next) {
                @for one in story.events.iter().filter_map(happened) { (line(&one)) }
            }
            @if story.standing == Standing::Going {
                p { a href={ "/under-way/" (encoded(&ask.name)) } { "Look again" } }
                script src=(assets::follow_path()) defer {}
            }
            p { a href="/evidence" { "All rehearsals" } }
        }
    }
}

fn line(one: &Happened) -> Markup {
    html! {
        li { (badge(one.tone, one.word)) " " (prose(&one.text)) @if let Some(at) = &one.at { " " span.quiet { (when(at)) } } }
    }
}

fn standing(standing: Standing, name: &str) -> Markup {
    html! {
        @match standing {
            Standing::Going => { (badge(Tone::Info, "UNDER WAY")) " What is not said any more for a long time was cut off." },
            Standing::Finished => { (badge(Tone::Good, "DONE")) " " a href={ "/evidence/" (encoded(name)) } { "Its evidence" } },
            Standing::Gone => { (badge(Tone::Warn, "GONE")) " It was refused or stopped, and left no evidence." },
        }
    }
}

/// What follows the journal.
pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/under-way/{name}/events", get(events))
}

async fn read(context: &Context, name: &str, from: u64) -> Result<Story, Problem> {
    let (context, name) = (context.clone(), name.to_owned());
    let work = move || under_way::story(&context, &name, from);
    let read: Result<Result<Story, EngineError>, _> = tokio::task::spawn_blocking(work).await;
    Ok(read.map_err(|error| Problem::internal(error.to_string()))??)
}

/// Says what happens as it happens; a browser that lost us says where it was.
async fn events(
    State(site): State<Arc<Site>>,
    Extension(Client(client)): Extension<Client>,
    Path(name): Path<String>,
    asked: Query<Begin>,
    headers: HeaderMap,
) -> Response {
    let last = headers.get("last-event-id");
    let last = last.and_then(|last| last.to_str().ok()?.parse().ok());
    let from = last.unwrap_or(asked.from);
    // What cannot be read at all is no stream.
    if let Err(problem) = read(&site.context, &name, from).await {
        return layout::problem(&Frame::nowhere(), &problem);
    }
    let Some(open) = site.streams.open(client) else {
        return streams::too_many();
    };
    let followed = follow(site, open, name, from);
    Sse::new(followed)
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// From where.
#[derive(Debug, Deserialize)]
struct Begin {
    /// A place of the journal.
    #[serde(default)]
    from: u64,
}

/// What is still to be said, and from where to read on.
struct Following {
    site: Arc<Site>,
    name: String,
    next: u64,
    until: Instant,
    is_over: bool,
    /// Held as long as somebody listens.
    _open: Open,
}

fn follow(
    site: Arc<Site>,
    open: Open,
    name: String,
    from: u64,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Following {
        site,
        name,
        next: from,
        until: Instant::now() + FOLLOWED_FOR,
        is_over: false,
        _open: open,
    };
    stream::unfold(begin, async |mut following| {
        loop {
            if following.is_over || Instant::now() >= following.until {
                return None;
            }
            let story = read(&following.site.context, &following.name, following.next);
            let story = story.await.ok()?;
            let is_new = story.next != following.next;
            following.next = story.next;
            following.is_over = !is_new && story.standing != Standing::Going;
            if is_new || following.is_over {
                return Some((Ok(said(&story, following.is_over)), following));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    })
}

/// One message: the lines of a piece as they look, or how it ended.
fn said(story: &Story, is_over: bool) -> Event {
    let lines: Vec<Value> = story
        .events
        .iter()
        .filter_map(happened)
        .map(|one| json!({ "tone": one.tone.class(), "word": one.word, "text": one.text, "at": one.at }))
        .collect();
    let data = match is_over {
        true => {
            json!({ "standing": story.standing, "evidence": format!("/evidence/{}", encoded(&story.name)) })
        }
        false => json!(lines),
    };
    Event::default()
        .id(story.next.to_string())
        .event(if is_over { "over" } else { "happened" })
        .data(data.to_string())
}
