//! Charts as inline SVG: no script, the same bytes each time, they print, and a table says the same to who cannot
//! see them.

use maud::{Markup, html};
use oneroof_engine::governance::drift_trend::ScanPoint;

/// A share of a whole as a bar.
pub(crate) fn share(part: u64, whole: u64) -> Markup {
    let width = match whole {
        0 => 0,
        _ => part.saturating_mul(100) / whole,
    };
    html! {
        svg.share viewBox="0 0 100 8" preserveAspectRatio="none" role="img"
            aria-label={ (part) " of " (whole) } {
            rect.whole width="100" height="8" rx="2" {}
            rect.part width=(width) height="8" rx="2" {}
        }
    }
}

/// A part of a longer time, where it lies in it.
pub(crate) fn span(from: u64, length: u64, whole: u64) -> Markup {
    let scaled = |value: u64| {
        (value.saturating_mul(1_000))
            .checked_div(whole)
            .unwrap_or(0)
    };
    html! {
        svg.share viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true" {
            rect.whole width="1000" height="8" {}
            rect.part x=(scaled(from)) width=(scaled(length).max(4)) height="8" {}
        }
    }
}

const WIDTH: u64 = 640;
const HEIGHT: u64 = 180;
const LEFT: u64 = 44;
const BOTTOM: u64 = 24;
const TOP: u64 = 10;

/// Bars of more scans than this would be too thin to see.
const SCANS_MAX: usize = 100;

/// Open findings after each scan, of the newest ones; critical ones below the others.
pub(crate) fn scans(scans: &[ScanPoint]) -> Markup {
    let scans = scans
        .get(scans.len().saturating_sub(SCANS_MAX)..)
        .unwrap_or_default();
    let highest = scans.iter().map(|scan| scan.open).max().unwrap_or(0).max(1);
    let room = HEIGHT - TOP - BOTTOM;
    let count = u64::try_from(scans.len()).unwrap_or(u64::MAX).max(1);
    let step = (WIDTH - LEFT) / count;
    let bar = (step * 7 / 10).clamp(1, 48);
    let high = |value: u64| value * room / highest;
    let places = (0..count).map(|place| LEFT + place * step + (step - bar) / 2);
    let first = scans.first().map_or("", |scan| day(&scan.started_at));
    let last = scans.last().map_or("", |scan| day(&scan.started_at));
    html! {
        figure.chart {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img"
                aria-label={ "Open findings after each of " (scans.len()) " scans; the table below says the same" } {
                @for part in [0, 1, 2] {
                    @let value = highest * part / 2;
                    @let y = HEIGHT - BOTTOM - high(value);
                    line.grid x1=(LEFT) x2=(WIDTH) y1=(y) y2=(y) {}
                    text.axis x=(LEFT - 6) y=(y + 4) text-anchor="end" { (value) }
                }
                @for (scan, x) in scans.iter().zip(places) {
                    @let others = high(scan.open.saturating_sub(scan.critical));
                    @let critical = high(scan.critical);
                    rect.open x=(x) y=(HEIGHT - BOTTOM - critical - others) width=(bar) height=(others) {
                        title { "scan " (scan.scan_id) ", " (scan.started_at) ": " (scan.open) " open, " (scan.critical) " critical" }
                    }
                    rect.critical x=(x) y=(HEIGHT - BOTTOM - critical) width=(bar) height=(critical) {}
                }
                text.axis x=(LEFT) y=(HEIGHT - 6) { (first) }
                text.axis x=(WIDTH) y=(HEIGHT - 6) text-anchor="end" { (last) }
            }
            figcaption {
                span.key.open { "open" } " "
                span.key.critical { "critical" }
            }
        }
    }
}

fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(scan_id: i64, open: u64, critical: u64) -> ScanPoint {
        ScanPoint {
            scan_id,
            mode: "manual".into(),
            started_at: "2026-11-21T10:00:00.000000Z".into(),
            opened: 0,
            resolved: 0,
            open,
            critical,
        }
    }

    #[test]
    fn bars_stand_on_the_ground_and_none_is_too_high() {
        let svg = scans(&[scan(1, 10, 4), scan(2, 0, 0)]).into_string();
        // The highest fills the room: 146 units, of which four tenths are critical.
        assert!(
            svg.contains("y=\"11\"") && svg.contains("height=\"87\""),
            "{svg}"
        );
        assert!(
            svg.contains("y=\"98\"") && svg.contains("height=\"58\""),
            "{svg}"
        );
        assert!(scans(&[]).into_string().contains("0 scans"));
        let many: Vec<ScanPoint> = (0..1_000).map(|id| scan(id, 1, 1)).collect();
        let newest = scans(&many).into_string();
        assert_eq!(newest.matches("<title>").count(), SCANS_MAX);
        assert!(newest.contains("scan 999,") && !newest.contains("scan 899,"));
    }

    #[test]
    fn shares_and_spans_stay_inside() {
        assert!(share(1, 0).into_string().contains("width=\"0\""));
        assert!(share(1, 4).into_string().contains("width=\"25\""));
        assert!(span(500, 500, 1_000).into_string().contains("x=\"500\""));
        assert!(span(1, 1, 0).into_string().contains("x=\"0\""));
    }
}
