//! Texts within XML.

/// Within an attribute in double quotes.
pub(crate) fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;")
}

/// Between tags. What XML cannot hold at all is left out.
pub(crate) fn content(text: &str) -> String {
    let allowed = |letter: &char| *letter >= ' ' || matches!(letter, '\n' | '\t');
    text.chars()
        .filter(allowed)
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_means_otherwise_is_escaped() {
        assert_eq!(content("a<b>&\"\u{1}c"), "a&lt;b&gt;&amp;\"c");
        assert_eq!(attribute("a\"<\n"), "a&quot;&lt;&#10;");
    }
}
