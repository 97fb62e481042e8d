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

#[cfg(test)]
mod tests {
    use super::milliseconds;

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
}
