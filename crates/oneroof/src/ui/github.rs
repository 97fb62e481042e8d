//! Remarks as annotations of a change on GitHub: workflow commands, one a line.

use oneroof_model::{Diagnostic, DiagnosticSeverity};

/// One line; `path` is the file as it lies in the repository.
pub(crate) fn annotation(diagnostic: &Diagnostic, path: &str) -> String {
    let word = match diagnostic.severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Info => "notice",
    };
    let mut properties = format!("file={}", property(path));
    for (name, number) in [("line", diagnostic.line), ("col", diagnostic.column)] {
        if let Some(number) = number {
            properties.push_str(&format!(",{name}={number}"));
        }
    }
    let mut message = diagnostic.message.clone();
    if let Some(hint) = &diagnostic.hint {
        message.push_str(&format!("\nhint: {hint}"));
    }
    let title = property(&diagnostic.rule);
    format!("::{word} {properties},title={title}::{}\n", data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runner_means_otherwise_is_escaped() {
        let diagnostic = Diagnostic {
            rule: "rename".to_owned(),
            severity: DiagnosticSeverity::Warning,
            file: String::new(),
            line: Some(3),
            column: Some(1),
            message: "100%\nbad".to_owned(),
            hint: Some("stop".to_owned()),
        };
        assert_eq!(
            annotation(&diagnostic, "a,b:c.sql"),
            "::warning file=a%2Cb%3Ac.sql,line=3,col=1,title=rename::100%25%0Abad%0Ahint: stop\n"
        );
    }
}
