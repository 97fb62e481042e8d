//! Durations as people read them.

use std::time::Duration;

/// `0.042 s`, `3.1 s`, `2 min 05 s`
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        format!("{seconds:.3} s")
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        let seconds = duration.as_secs();
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// The same for the milliseconds of events and reports.
pub(crate) fn milliseconds(milliseconds: u64) -> String {
    duration(Duration::from_millis(milliseconds))
}

/// The age of something, in the largest unit that fits: `12 s`, `5 min`, `3 h`, `40 d`
pub(crate) fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{} s", seconds.max(0)),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::{age, milliseconds};

    #[test]
    fn short_and_long_durations() {
        let texts: Vec<_> = [0, 42, 999, 3_141, 59_949, 60_000, 125_900]
            .map(milliseconds)
            .into();
        assert_eq!(
            texts,
            [
                "0.000 s",
                "0.042 s",
                "0.999 s",
                "3.1 s",
                "59.9 s",
                "1 min 00 s",
                "2 min 05 s"
            ]
        );
    }

    #[test]
    fn ages() {
        let texts: Vec<_> = [-3, 0, 119, 120, 7_199, 7_200, 172_799, 172_800]
            .map(age)
            .into();
        assert_eq!(
            texts,
            [
                "0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"
            ]
        );
    }
}
