//! Long lists come in pages.

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

/// Entries of a page, if nobody says how many.
const LIMIT_DEFAULT: usize = 50;
/// Most entries of a page.
const LIMIT_MAX: usize = 500;

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Page {
    /// Entries at most, 1 to 500; 50 if absent.
    #[serde(default)]
    pub(crate) limit: Option<usize>,
    /// `next_cursor` of the page before; absent for the first one.
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

impl Page {
    /// The entries of this page, and the cursor of the next one.
    ///
    /// # Errors
    /// A cursor that this server did not give.
    pub(crate) fn of<T>(&self, all: Vec<T>) -> Result<(Vec<T>, Option<String>), String> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
        let start = match &self.cursor {
            None => 0,
            Some(cursor) => cursor.parse::<usize>().map_err(|_| {
                format!("`cursor` is what `next_cursor` of the page before said, not `{cursor}`")
            })?,
        };
        let count = all.len();
        let end = start.saturating_add(limit).min(count);
        let page = all.into_iter().skip(start).take(limit).collect();
        Ok((page, (end < count).then(|| end.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let mut page = Page {
            limit: Some(2),
            cursor: None,
        };
        let mut seen = Vec::new();
        loop {
            let (some, next) = page.of(vec![1, 2, 3, 4, 5]).unwrap();
            seen.push(some);
            page.cursor = next;
            if page.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [vec![1, 2], vec![3, 4], vec![5]]);
        page.cursor = Some("next".into());
        assert!(page.of(vec![1]).unwrap_err().contains("`next`"));
        page.cursor = Some("99".into());
        assert_eq!(page.of(vec![1]).unwrap(), (vec![], None));
    }
}
