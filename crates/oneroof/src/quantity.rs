//! Quantities on the command line and in oneroof.toml: `50MB`, `7d`.

use std::time::Duration;

/// `50MB`, `1.5 GB`, `64KiB`, `1000`; decimal units unless they say otherwise.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let factor: u32 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err("expected a number of bytes, for example 50MB or 64KiB".to_owned()),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| format!("`{number}` is not a number, expected for example 50MB"))?;
    let value = number * f64::from(factor);
    if !(1.0..=1e18).contains(&value) {
        return Err("expected at least one byte".to_owned());
    }
    Ok(value as u64)
}

/// `12h`, `7d`, `30min`, `90s`
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let seconds: u64 = match unit.to_ascii_lowercase().as_str() {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err("expected a number with s, min, h, d or w, for example 7d".to_owned()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| format!("`{number}` is not a whole number, expected for example 7d"))?;
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(|| "that is too long".to_owned())
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_units() {
        for (text, value) in [
            ("50MB", Some(50_000_000)),
            ("1.5 GB", Some(1_500_000_000)),
            ("64KiB", Some(65_536)),
            ("1000", Some(1_000)),
            ("0", None),
            ("", None),
            ("MB", None),
            ("-5MB", None),
            ("5 parsec", None),
            ("1e30", None),
        ] {
            assert_eq!(bytes(text).ok(), value, "{text}");
        }
        for (text, value) in [
            ("90s", Some(90)),
            ("7d", Some(604_800)),
            ("0h", Some(0)),
            ("7", None),
            ("1.5h", None),
            ("99999999999999999999w", None),
        ] {
            assert_eq!(
                duration(text).ok().map(|value| value.as_secs()),
                value,
                "{text}"
            );
        }
    }
}
