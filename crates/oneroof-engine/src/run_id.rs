//! Ids of runs: they sort by time and are short enough for a file name.

/// A new id: 12 hexadecimal digits of the time (milliseconds) and 4 of chance, of a UUID version 7.
pub(crate) fn new() -> String {
    let text = uuid::Uuid::now_v7().simple().to_string();
    format!("{}{}", &text[..12], &text[24..28])
}
