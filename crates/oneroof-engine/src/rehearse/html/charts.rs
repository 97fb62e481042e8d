//! The drawings of `report.html`: inline SVG without script, the same bytes for the same record.

use maud::{Markup, html};

/// A bar of a timeline.
pub(super) struct Bar {
    /// Stands before it.
    pub(super) label: String,
    /// Its length.
    pub(super) duration_ms: u64,
    /// Stands behind its length.
    pub(super) note: String,
    /// Class of its colour.
    pub(super) class: &'static str,
}

const LABEL: u64 = 250;
const WIDTH: u64 = 920;
const NOTE: u64 = 150;
const ROW: u64 = 24;

/// Bars one after the other, each where the one before ends.
pub(super) fn timeline(title: &str, bars: &[Bar]) -> Markup {
    let total: u64 = bars.iter().map(|bar| bar.duration_ms).sum::<u64>().max(1);
    let place = |ms: u64| ms * (WIDTH - LABEL - NOTE) / total;
    let mut begun = 0;
    let rows: Vec<(u64, u64, &Bar)> = bars
        .iter()
        .map(|bar| {
            let start = begun;
            begun += bar.duration_ms;
            (LABEL + place(start), place(bar.duration_ms).max(2), bar)
        })
        .collect();
    let height = (bars.len() as u64) * ROW + 8;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(title) {
            title { (title) }
            @for (number, (x, width, bar)) in (0u64..).zip(&rows) {
                @let y = number * ROW + 4;
                text x=(LABEL - 8) y=(y + 15) text-anchor="end" { (bar.label) }
                rect class=(bar.class) x=(x) y=(y) width=(width) height=(ROW - 6) rx="2" {
                    title { (bar.label) ": " (bar.duration_ms) " ms" }
                }
                text class="note" x=(x + width + 6) y=(y + 15) { (bar.duration_ms) " ms" @if !bar.note.is_empty() { " · " (bar.note) } }
            }
        }
    }
}

/// A share of a whole as a bar.
pub(super) fn share(part: u64, whole: u64, words: &str) -> Markup {
    let filled = part.saturating_mul(300).checked_div(whole).unwrap_or(0);
    html! {
        svg class="share" viewBox="0 0 300 14" role="img" aria-label=(words) {
            title { (words) }
            rect class="empty" x="0" y="0" width="300" height="14" rx="2" {}
            rect class="good" x="0" y="0" width=(filled.min(300)) height="14" rx="2" {}
        }
    }
}
