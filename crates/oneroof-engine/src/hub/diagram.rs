//! Mermaid as a picture. The picture is an `img` with everything in its address: a browser runs nothing in one and
//! fetches nothing for one, whatever the text made of it.

use std::panic::catch_unwind;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

/// Longer diagrams stay text. Nobody waits long for a page: what is drawn grows with the square of the text.
const TEXT_BYTES_MAX: usize = 4096;
/// `a & b --> c & d` are four arrows.
const PAIRS_MAX: usize = 16;

/// The figure, with its text below for those who want to read or copy it; `None` where it cannot be drawn.
pub(super) fn figure(text: &str) -> Option<Markup> {
    let svg = draw(text)?;
    let address = format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg));
    Some(html! {
        figure.diagram {
            img src=(address) alt=(format!("diagram: {}", text.trim()));
            details { summary { "the diagram as text" } pre { code { (text) } } }
        }
    })
}

fn draw(text: &str) -> Option<String> {
    if text.len() > TEXT_BYTES_MAX || text.matches('&').count() > PAIRS_MAX {
        return None;
    }
    // A renderer that gives up in the middle leaves the text as it is.
    catch_unwind(|| mermaid_rs_renderer::render_strict(text, Default::default()).ok())
        .ok()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagram_is_drawn_and_its_words_stay_words() {
        let text = "flowchart LR\n  a[Rehearse <script>x</script>] -->|yes & no| b{Gate}\n";
        let svg = draw(text).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("Gate"), "{svg}");
        assert!(!svg.contains("<script") && !svg.contains("href"), "{svg}");
        let figure = figure(text).unwrap().into_string();
        assert!(figure.contains("data:image/svg+xml;base64,"), "{figure}");
        assert!(figure.contains("Rehearse &lt;script&gt;"), "{figure}");
        assert!(!figure.contains("<script"), "{figure}");
    }

    #[test]
    fn what_cannot_be_drawn_stays_text() {
        for text in [
            "",
            "no diagram",
            "flowchart LR\n a -->",
            &format!("flowchart LR\n {} --> z", "a & ".repeat(40)),
            &format!("flowchart LR\n{}", "a --> b\n".repeat(600)),
        ] {
            assert!(figure(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_largest_are_drawn_in_a_moment() {
        // As many arrows and boxes as the limits let through.
        let chain: String = (0..250).map(|n| format!("n{n}-->n{}\n", n + 1)).collect();
        let nested: String = (0..200).map(|n| format!("subgraph s{n}\n")).collect();
        for text in [
            format!("flowchart TD\n{chain}"),
            format!("flowchart TD\n{nested}a-->b\n{}", "end\n".repeat(200)),
            format!("sequenceDiagram\n{}", "a->>b: x\n".repeat(300)),
        ] {
            let _ = draw(&text);
        }
    }
}
