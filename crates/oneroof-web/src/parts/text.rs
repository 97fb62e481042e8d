//! Times, digests and durations as people read them.

use maud::{Markup, html};

/// A time as the engine writes it, `2026-11-21T21:21:29.691030Z`.
pub(crate) fn when(time: &str) -> Markup {
    let day = time.get(..10).unwrap_or(time);
    let clock = time.get(11..19).unwrap_or_default();
    html! { time datetime=(time) { (day) " " (clock) " UTC" } }
}

/// A sentence of the engine: what stands in backticks is code.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The beginning of a digest; all of it is in its title.
pub(crate) fn digest(digest: &str) -> Markup {
    html! { code title=(digest) { (digest.get(..12).unwrap_or(digest)) } }
}

/// `42 ms`, `3.1 s`, `2 min 05 s`
pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!(
            "{} min {:02} s",
            milliseconds / 60_000,
            milliseconds % 60_000 / 1_000
        ),
    }
}

/// The age of something, in the largest unit that fits.
pub(crate) fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{} s", seconds.max(0)),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A value of a report: text as it is, everything else as JSON.
pub(crate) fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "–".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times() {
        assert_eq!(duration(999), "999 ms");
        assert_eq!(duration(3_141), "3.1 s");
        assert_eq!(duration(125_900), "2 min 05 s");
        assert_eq!(age(7_200), "2 h");
        let shown = when("2026-11-21T21:21:29.691030Z").into_string();
        assert!(shown.contains(">2026-11-21 21:21:29 UTC<"), "{shown}");
        assert_eq!(
            prose("no `a<b>` here").into_string(),
            "no <code>a&lt;b&gt;</code> here"
        );
        assert_eq!(
            digest("abc").into_string(),
            "<code title=\"abc\">abc</code>"
        );
    }
}
