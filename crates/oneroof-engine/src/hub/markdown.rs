//! Markdown as HTML that is safe to show: markup in the text becomes text, pictures become links, and links lead to
//! documents of the hub, to http(s) or to an address for mail, and nowhere else.

use maud::Markup;
use pulldown_cmark::{
    Alignment, CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

use super::diagram;

/// Where documents are shown.
const PAGES: &str = "/hub/";

fn parser(text: &str) -> Parser<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    Parser::new_ext(text, options)
}

/// The document as HTML; `path` is its own, for what it links to.
pub(super) fn html(text: &str, path: &str) -> String {
    let (mut images, mut diagram) = (0_u32, None);
    let events = parser(text)
        .filter_map(move |event| safe(event, path, &mut images))
        .filter_map(move |event| drawn(event, &mut diagram));
    let mut markup = String::new();
    html::push_html(&mut markup, events);
    reachable(&markup)
}

/// A block of Mermaid becomes one event with a figure, or with its text where it cannot be drawn.
fn drawn<'a>(event: Event<'a>, diagram: &mut Option<String>) -> Option<Event<'a>> {
    match (event, diagram.as_mut()) {
        (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(word))), None)
            if &*word == "mermaid" =>
        {
            *diagram = Some(String::new());
            None
        }
        (Event::Text(text), Some(block)) => {
            block.push_str(&text);
            None
        }
        (Event::End(TagEnd::CodeBlock), Some(block)) => {
            let markup = diagram::figure(block).map_or_else(|| code(block), Markup::into_string);
            *diagram = None;
            Some(Event::Html(markup.into()))
        }
        (event, _) => Some(event),
    }
}

/// Code that is wider than the window is scrolled with the keyboard too. What stands between < and > is ours alone:
/// in texts both are written out.
fn reachable(markup: &str) -> String {
    markup.replace("<pre>", "<pre tabindex=\"0\">")
}

/// A text that is no Markdown, as HTML.
pub(super) fn code(text: &str) -> String {
    let mut markup = String::new();
    let block = || CodeBlockKind::Indented;
    let events = [
        Event::Start(Tag::CodeBlock(block())),
        Event::Text(CowStr::Borrowed(text)),
        Event::End(TagEnd::CodeBlock),
    ];
    html::push_html(&mut markup, events.into_iter());
    reachable(&markup)
}

fn safe<'a>(event: Event<'a>, path: &str, images: &mut u32) -> Option<Event<'a>> {
    Some(match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // The page has a heading of its own above these.
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: below(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level))),
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            ..
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url: address(&dest_url, path).into(),
            title: CowStr::Borrowed(""),
            id: CowStr::Borrowed(""),
        }),
        // A picture would be fetched from elsewhere: its words stay.
        Event::Start(Tag::Image { .. }) => {
            *images += 1;
            Event::Text(CowStr::Borrowed("[picture: "))
        }
        Event::End(TagEnd::Image) => {
            *images = images.saturating_sub(1);
            Event::Text(CowStr::Borrowed("]"))
        }
        // Alignment would be written as a style, which the policy of the pages refuses.
        Event::Start(Tag::Table(columns)) => {
            Event::Start(Tag::Table(vec![Alignment::None; columns.len()]))
        }
        other => other,
    })
}

fn below(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        _ => HeadingLevel::H5,
    }
}

/// Where a link leads on a page.
fn address(link: &str, path: &str) -> String {
    let scheme = link.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &str| {
        scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    match scheme.filter(|scheme| is_scheme(scheme)) {
        Some(scheme) => {
            let allowed = ["http", "https", "mailto"];
            match allowed.contains(&scheme.to_ascii_lowercase().as_str()) {
                true => link.to_owned(),
                false => "#".to_owned(),
            }
        }
        None if link.starts_with('#') => link.to_owned(),
        None => match target(link, path) {
            Some(document) => format!("{PAGES}{document}"),
            None => "#".to_owned(),
        },
    }
}

/// The document that a relative link of another means; `None` if it leads out of the hub.
fn target(link: &str, path: &str) -> Option<String> {
    let link = link.split(['#', '?']).next().unwrap_or_default();
    let mut parts: Vec<&str> = match link.starts_with('/') {
        true => Vec::new(),
        false => path.split('/').collect(),
    };
    // The name of the document itself.
    let _ = parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    match parts.is_empty() {
        true => None,
        false => Some(parts.join("/")),
    }
}

/// What is in a document, for those who look for it.
#[derive(Debug, PartialEq)]
pub(super) struct Read {
    /// The words alone.
    pub(super) plain: String,
    /// The first heading.
    pub(super) title: Option<String>,
    /// The documents that it links to.
    pub(super) links: Vec<String>,
}

/// Reads a document once.
pub(super) fn read(text: &str, path: &str) -> Read {
    let mut plain = String::with_capacity(text.len());
    let mut links = Vec::new();
    // Where the first heading begins, and what it is.
    let mut heading = None;
    let mut title: Option<String> = None;
    for event in parser(text) {
        match event {
            Event::Text(text) | Event::Code(text) => plain.push_str(&text),
            Event::SoftBreak | Event::HardBreak => plain.push(' '),
            Event::Start(Tag::Heading { .. }) => heading = Some(plain.len()),
            Event::Start(Tag::Link { dest_url, .. })
                if !dest_url.contains(':') && !dest_url.starts_with('#') =>
            {
                links.extend(target(&dest_url, path));
            }
            Event::End(TagEnd::Heading(_)) => {
                let words = heading.take().and_then(|begin| plain.get(begin..));
                title = title.or(words.map(|words| words.trim().to_owned()));
                plain.push('\n');
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell) => plain.push('\n'),
            _ => {}
        }
    }
    links.sort();
    links.dedup();
    Read {
        plain,
        title: title.filter(|title| !title.is_empty()),
        links,
    }
}

/// The first heading.
pub(super) fn title(text: &str) -> Option<String> {
    read(text, "").title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_stranger_becomes_markup() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,<script>)",
            "![x](https://elsewhere/pixel.png)",
            "[x]: vbscript:a\n\n[x]",
            "<div style=\"color:red\">\n\nx",
            "[a](x \"onmouseover=alert(1)\")",
        ] {
            let html = html(text, "a/b.md").to_lowercase();
            // Only what stands between < and > is markup.
            for tag in html
                .split('<')
                .skip(1)
                .filter_map(|rest| rest.split('>').next())
            {
                for forbidden in [
                    "script", "img", "java", "data:", "vb", "div", "style", " on",
                ] {
                    assert!(!tag.contains(forbidden), "{text} gives {html}");
                }
            }
        }
    }

    #[test]
    fn mermaid_is_drawn_or_stays_code() {
        let markup = html(
            "a\n\n```mermaid\nflowchart LR\n a --> b\n```\n\nb\n",
            "a.md",
        );
        assert!(
            markup.contains("<figure class=\"diagram\"><img src=\"data:image/svg+xml;base64,"),
            "{markup}"
        );
        assert!(markup.ends_with("<p>b</p>\n"), "{markup}");
        let markup = html("```mermaid\n<b>no</b>\n```\n", "a.md");
        assert!(
            markup.contains("&lt;b&gt;no&lt;/b&gt;") && !markup.contains("img"),
            "{markup}"
        );
    }

    #[test]
    fn links_lead_to_documents() {
        for (link, leads) in [
            ("other.md", "/hub/a/other.md"),
            ("../c/d.md#part", "/hub/c/d.md"),
            ("/x/y.md", "/hub/x/y.md"),
            ("../../out.md", "#"),
            ("https://example.org/a", "https://example.org/a"),
            ("#part", "#part"),
        ] {
            assert_eq!(address(link, "a/b.md"), leads, "{link}");
        }
        assert_eq!(
            read(
                "[a](other.md) [b](http://x) [c](#d) [e](other.md)",
                "a/b.md"
            )
            .links,
            ["a/other.md"]
        );
    }

    #[test]
    fn tables_code_and_headings_are_kept() {
        let text = "# One\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n\n```sql\nselect 1 < 2;\n```\n";
        let html = html(text, "a.md");
        assert!(
            html.contains("<h2>One</h2>") && html.contains("<table>"),
            "{html}"
        );
        assert!(
            html.contains("select 1 &lt; 2;") && !html.contains("style"),
            "{html}"
        );
        assert_eq!(title(text).as_deref(), Some("One"));
        assert!(
            read(text, "a.md").plain.contains("One\na\nb\n1\n2\n"),
            "{:?}",
            read(text, "a.md").plain
        );
        assert_eq!(title("no heading"), None);
    }
}
