//! Lengths of time that a policy names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A positive length of time, written as `30min`, `12h` or `14d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Age {
    seconds: u32,
}

impl Age {
    /// So many days.
    pub const fn days(days: u32) -> Age {
        Age {
            seconds: days * 86_400,
        }
    }

    /// Seconds.
    pub fn seconds(self) -> i64 {
        i64::from(self.seconds)
    }

    /// Reads `30min`, `12h`, `14d`.
    ///
    /// # Errors
    /// In words.
    pub fn parse(text: &str) -> Result<Age, String> {
        let wrong = || format!("`{text}` is no length of time: write 30min, 12h or 14d");
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u32 = text[..end].parse().map_err(|_| wrong())?;
        let unit = match text[end..].trim() {
            "min" => 60,
            "h" => 3_600,
            "d" | "day" | "days" => 86_400,
            _ => return Err(wrong()),
        };
        match number.checked_mul(unit) {
            Some(seconds) if seconds > 0 => Ok(Age { seconds }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Age, String> {
        Age::parse(&text)
    }
}

impl From<Age> for String {
    fn from(age: Age) -> String {
        age.to_string()
    }
}

impl fmt::Display for Age {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds {
            days if days % 86_400 == 0 => write!(out, "{}d", days / 86_400),
            hours if hours % 3_600 == 0 => write!(out, "{}h", hours / 3_600),
            seconds => write!(out, "{}min", seconds / 60),
        }
    }
}
