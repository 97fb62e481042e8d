//! Upper and lower bounds of numbers that are arguments of functions: what can be known without data.

use crate::tree::Record;

/// Longest padding of a single value, and largest width in a `format` template.
pub(super) const WIDTH_MAX: f64 = 10_000.0;

/// What is known about a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) low: f64,
    pub(super) high: f64,
}

const UNKNOWN: Bounds = Bounds {
    low: f64::NEG_INFINITY,
    high: f64::INFINITY,
};

impl Bounds {
    fn exactly(value: f64) -> Self {
        Self::between(value, value)
    }

    fn between(low: f64, high: f64) -> Self {
        // A computation with infinities that has no result tells nothing.
        if low.is_nan() || high.is_nan() {
            return UNKNOWN;
        }
        Self { low, high }
    }

    fn hull(self, other: Self) -> Self {
        Self::between(self.low.min(other.low), self.high.max(other.high))
    }

    fn widened(self) -> Self {
        Self::between(self.low - 1.0, self.high + 1.0)
    }

    fn of_products(values: [f64; 4]) -> Self {
        if values.iter().any(|value| value.is_nan()) {
            return UNKNOWN;
        }
        Self::between(
            values.iter().copied().fold(f64::INFINITY, f64::min),
            values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        )
    }
}

/// The bounds of an expression; unknown where it holds more than constants, arithmetic and limits.
pub(super) fn bounds(node: &Record) -> Bounds {
    match node.name {
        "AConst" => constant(node).map_or(UNKNOWN, Bounds::exactly),
        // A cast to a number changes it by rounding at most.
        "TypeCast" if is_numeric_cast(node) => {
            node.record("arg").map_or(UNKNOWN, |arg| match arg.name {
                "AConst" => bounds(arg),
                _ => bounds(arg).widened(),
            })
        }
        "AExpr" => arithmetic(node),
        "MinMaxExpr" => {
            // `IS_GREATEST` and `IS_LEAST`; nulls are passed over by both.
            let parts: Vec<Bounds> = node.records("args").map(bounds).collect();
            if parts.is_empty() || parts.len() != node.list("args").len() {
                return UNKNOWN;
            }
            let is_least = node.number("op") == pg_query::protobuf::MinMaxOp::IsLeast as i64;
            if is_least {
                Bounds::between(
                    f64::NEG_INFINITY,
                    parts
                        .iter()
                        .map(|part| part.high)
                        .fold(f64::INFINITY, f64::min),
                )
            } else {
                Bounds::between(
                    parts
                        .iter()
                        .map(|part| part.low)
                        .fold(f64::INFINITY, f64::min),
                    parts
                        .iter()
                        .map(|part| part.high)
                        .fold(f64::NEG_INFINITY, f64::max),
                )
            }
        }
        "CoalesceExpr" => all(node.records("args").map(bounds)),
        "CaseExpr" => {
            let whens = node
                .records("args")
                .map(|when| when.record("result").map_or(UNKNOWN, bounds));
            let otherwise = node.record("defresult").map(bounds);
            all(whens.chain(otherwise))
        }
        "FuncCall" => call(node),
        _ => UNKNOWN,
    }
}

fn all(mut parts: impl Iterator<Item = Bounds>) -> Bounds {
    match parts.next() {
        None => UNKNOWN,
        Some(first) => parts.fold(first, Bounds::hull),
    }
}

fn is_numeric_cast(node: &Record) -> bool {
    node.record("type_name").is_some_and(|name| {
        name.path("names").last().is_some_and(|name| {
            matches!(
                *name,
                "int2" | "int4" | "int8" | "numeric" | "float4" | "float8"
            )
        }) && name.list("array_bounds").is_empty()
    })
}

/// The value of a numeric constant, also of one in quotes.
fn constant(node: &Record) -> Option<f64> {
    let value = node.record("val")?;
    match value.name {
        #[expect(
            clippy::cast_precision_loss,
            reason = "an integer constant has 32 bits"
        )]
        "Integer" => Some(value.number("ival") as f64),
        "Float" => value.text("fval").replace('_', "").parse().ok(),
        "String" => value.text("sval").trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

fn arithmetic(node: &Record) -> Bounds {
    if node.number("kind") != pg_query::protobuf::AExprKind::AexprOp as i64 {
        return UNKNOWN;
    }
    let names = node.path("name");
    let Some(operator) = names.last() else {
        return UNKNOWN;
    };
    let Some(right) = node.record("rexpr").map(bounds) else {
        return UNKNOWN;
    };
    let Some(left) = node.record("lexpr") else {
        return match *operator {
            "-" => Bounds::between(-right.high, -right.low),
            "+" => right,
            _ => UNKNOWN,
        };
    };
    let left = bounds(left);
    match *operator {
        "+" => Bounds::between(left.low + right.low, left.high + right.high),
        "-" => Bounds::between(left.low - right.high, left.high - right.low),
        "*" => Bounds::of_products([
            left.low * right.low,
            left.low * right.high,
            left.high * right.low,
            left.high * right.high,
        ]),
        // Only by a constant that is not near zero.
        "/" if right.low >= 1.0 => Bounds::of_products([
            left.low / right.low,
            left.low / right.high,
            left.high / right.low,
            left.high / right.high,
        ]),
        "%" if right.low >= 1.0 && right.high.is_finite() => {
            Bounds::between(-right.high, right.high)
        }
        _ => UNKNOWN,
    }
}

fn call(node: &Record) -> Bounds {
    let names = node.path("funcname");
    let name = match names.as_slice() {
        [name] | ["pg_catalog", name] => *name,
        _ => return UNKNOWN,
    };
    let arguments: Vec<Bounds> = node.records("args").map(bounds).collect();
    match (name, arguments.as_slice()) {
        ("length" | "char_length" | "character_length" | "octet_length" | "cardinality", [_])
        | ("count" | "row_number" | "rank" | "dense_rank", _) => {
            Bounds::between(0.0, f64::INFINITY)
        }
        ("floor" | "ceil" | "ceiling" | "round" | "trunc", [number]) => number.widened(),
        ("mod", [_, divisor]) if divisor.low >= 1.0 && divisor.high.is_finite() => {
            Bounds::between(-divisor.high, divisor.high)
        }
        ("random", []) => Bounds::between(0.0, 1.0),
        _ => UNKNOWN,
    }
}
