//! Adds `params = ["governance.toml"]` to a target of `oneroof.toml`, and changes nothing else.

/// The file's text with the line below the header of the target. `None` if there is no such header
/// as a line of its own, or if the target names parameter files already.
pub(crate) fn with_params(text: &str, target: &str, file: &str) -> Option<String> {
    let before: toml::Table = toml::from_str(text).ok()?;
    let header = format!("[targets.{target}]");
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let place = lines
        .iter()
        .position(|line| line.split('#').next().unwrap_or_default().trim() == header)?;
    let value = toml::Value::Array(vec![toml::Value::String(file.to_owned())]);
    let line = format!("params = {value}\n");
    let header_line = format!("{}\n", lines[place].trim_end_matches(['\r', '\n']));
    lines[place] = &header_line;
    lines.insert(place + 1, &line);
    let text = lines.concat();
    // What the file said before must be all that it says now, but for this line.
    let mut after: toml::Table = toml::from_str(&text).ok()?;
    let removed = after
        .get_mut("targets")?
        .get_mut(target)?
        .as_table_mut()?
        .remove("params")?;
    (removed == value && after == before).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::with_params;

    #[test]
    fn the_line_comes_below_the_header_and_nothing_else_changes() {
        let text = "format = 1\n\n[targets.shop] # ours\nread = 'x'\n\n[targets.other]\nread = 'y'";
        assert_eq!(
            with_params(text, "shop", "governance.toml").unwrap(),
            "format = 1\n\n[targets.shop] # ours\nparams = [\"governance.toml\"]\nread = 'x'\n\n[targets.other]\nread = 'y'"
        );
        assert_eq!(
            with_params("[targets.shop]", "shop", "g").unwrap(),
            "[targets.shop]\nparams = [\"g\"]\n"
        );
    }

    #[test]
    fn what_cannot_be_done_by_one_line_is_not_done() {
        for text in [
            "[targets]\nshop = { read = 'x' }",
            "[targets.other]\nread = 'x'",
            "[targets.shop]\nparams = ['mine.toml']",
            "note = '''\n[targets.shop]\n'''\n[targets]\nshop = {}",
        ] {
            assert_eq!(with_params(text, "shop", "governance.toml"), None, "{text}");
        }
    }
}
