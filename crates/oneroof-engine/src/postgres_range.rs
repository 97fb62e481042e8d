//! The range of PostgreSQL majors that a package may run on: `>=14, <19`.

use oneroof_model::{Refusal, RefusalCode};

use crate::error::EngineError;
use crate::store::package_files::OpenPackage;

/// Refuses a server whose major is outside the package's range.
pub(crate) fn check(package: &OpenPackage, major: u32) -> Result<(), EngineError> {
    let Some(range) = &package.plan.package.postgres else {
        return Ok(());
    };
    if holds(range, major).ok_or_else(|| {
        EngineError::input(
            format!(
                "read `postgres = \"{range}\"` of package `{}`",
                package.plan.package.name
            ),
            "write comparisons of majors, such as \">=14, <19\"".to_owned(),
        )
    })? {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::PostgresVersion,
        format!(
            "package `{}` may run on PostgreSQL {range}, and this server is {major}",
            package.plan.package.name
        ),
    )
    .into())
}

/// Does `major` fulfil every comparison? `None` where the text is no list of comparisons.
fn holds(range: &str, major: u32) -> Option<bool> {
    let all = comparisons(range)?
        .into_iter()
        .all(|(operator, bound)| match operator {
            ">=" => major >= bound,
            ">" => major > bound,
            "<=" => major <= bound,
            "<" => major < bound,
            _ => major == bound,
        });
    Some(all)
}

/// The comparisons of a range, each an operator of SQL and a major. `None` where it is no list of them.
pub(crate) fn comparisons(range: &str) -> Option<Vec<(&'static str, u32)>> {
    range
        .split(',')
        .map(|part| {
            let part = part.trim();
            let digits = part.find(|character: char| character.is_ascii_digit())?;
            let operator = match part[..digits].trim() {
                ">=" => ">=",
                ">" => ">",
                "<=" => "<=",
                "<" => "<",
                "" | "=" => "=",
                _ => return None,
            };
            Some((operator, part[digits..].parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn ranges_of_majors() {
        assert_eq!(holds(">=14, <19", 15), Some(true));
        assert_eq!(holds(">=14, <19", 19), Some(false));
        assert_eq!(holds("15", 15), Some(true));
        assert_eq!(holds("~15", 15), None);
        assert_eq!(holds("new", 15), None);
    }
}
