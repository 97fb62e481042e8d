//! How large a value can become without any data: a few bytes of SQL must not make gigabytes.
//!
//! `repeat`, `lpad`, `rpad`, `array_fill`, `format` and the like make large values out of small constants, and
//! PostgreSQL computes constants while it plans, uninterrupted. So their sizes must be bounded by the text itself.
//! Values of columns count as [`COLUMN_CHARACTERS`]; what a sub-query makes counts in the query around it.

use std::cell::Cell;

use oneroof_model::readonly::GuardRule;

use super::size::{WIDTH_MAX, bounds};
use crate::tree::{Item, Record};

/// What a column counts for: what it really holds is data, not amplification.
const COLUMN_CHARACTERS: f64 = 100.0;

/// Largest value that one call may make, the calls inside it included.
const MADE_MAX: f64 = 1_000_000.0;

/// Largest value that concatenating and replacing may make, and all calls of a statement together.
const TOTAL_MAX: f64 = 10_000_000.0;

/// Largest product of a text and what is searched in it: such a search cannot be cancelled.
const SEARCH_MAX: f64 = 1_000_000_000.0;

/// Longest text of a full text query.
const QUERY_CHARACTERS_MAX: usize = 4_096;

/// Functions that turn a text into a full text query; the work grows faster than the text.
pub(super) const QUERY_TEXTS: [&str; 4] = [
    "phraseto_tsquery",
    "plainto_tsquery",
    "to_tsquery",
    "websearch_to_tsquery",
];

/// Rule, reason, and what to do instead.
pub(super) type Objection = (GuardRule, String, &'static str);

const BOUND: &str = "give a constant, or wrap the number in least(…, 1000)";

/// What the parts of a statement that were read so far make.
#[derive(Default)]
pub(super) struct Sizes {
    /// Largest value of a sub-query, a CTE or a function in FROM.
    carried: Cell<f64>,
    /// Sum of all amplifying calls.
    total: Cell<f64>,
    /// Was there an amplifying call so far?
    amplified: Cell<bool>,
}

impl Sizes {
    /// A sub-query was read: its columns may be used from now on.
    pub(super) fn leave_query(&self, select: &Record) {
        // Without an amplifying call nothing is larger than the text itself, and its long literals are known.
        if self.amplified.get() {
            self.carry(self.of_query(select));
        }
    }

    /// A literal was read: a column may hold it.
    pub(super) fn literal(&self, constant: &Record) {
        let size = constant
            .record("val")
            .map_or(0.0, |value| characters(value.text("sval")));
        if size > COLUMN_CHARACTERS {
            self.carry(size);
        }
    }

    /// A function in FROM was read.
    pub(super) fn leave_function(&self, functions: &Record) {
        if !self.amplified.get() {
            return;
        }
        let mut largest: f64 = 0.0;
        functions.each(&mut |node| {
            if node.name == "FuncCall" {
                largest = largest.max(self.of(node));
            }
        });
        self.carry(largest);
    }

    fn carry(&self, size: f64) {
        self.carried.set(self.carried.get().max(size));
    }

    /// Largest value in a row of a query.
    fn of_query(&self, select: &Record) -> f64 {
        let targets = select
            .records("target_list")
            .filter_map(|target| target.record("val"));
        let values = select
            .records("values_lists")
            .flat_map(|list| list.records("items"));
        let own = targets
            .chain(values)
            .map(|node| self.of(node))
            .fold(0.0, f64::max);
        [select.record("larg"), select.record("rarg")]
            .into_iter()
            .flatten()
            .map(|side| self.of_query(side))
            .fold(own, f64::max)
    }

    /// An upper bound of the characters of a value, infinite where an amplifier is not bounded.
    pub(super) fn of(&self, node: &Record) -> f64 {
        match node.name {
            "AConst" => node.record("val").map_or(0.0, |value| match value.name {
                "String" => characters(value.text("sval")),
                "Float" => characters(value.text("fval")),
                "BitString" => characters(value.text("bsval")),
                _ => 12.0,
            }),
            "ColumnRef" => COLUMN_CHARACTERS.max(self.carried.get()),
            "TypeCast" => self.of_cast(node),
            "SubLink" => node
                .record("subselect")
                .map_or(COLUMN_CHARACTERS, |select| self.of_query(select)),
            "FuncCall" => self.of_call(node),
            "CaseExpr" | "CoalesceExpr" | "MinMaxExpr" => self.largest_inside(node),
            _ => self.sum_inside(node),
        }
    }

    fn of_cast(&self, node: &Record) -> f64 {
        let inner = node.record("arg").map_or(0.0, |arg| self.of(arg));
        let padded = node.record("type_name").map_or(0.0, |name| {
            let pads = name
                .path("names")
                .last()
                .is_some_and(|name| matches!(*name, "bpchar" | "char" | "bit"));
            match name.records("typmods").next() {
                Some(modifier) if pads => bounds(modifier).high,
                _ => 0.0,
            }
        });
        inner.max(padded)
    }

    fn largest_inside(&self, node: &Record) -> f64 {
        children(node)
            .map(|child| self.of(child))
            .fold(0.0, f64::max)
    }

    fn sum_inside(&self, node: &Record) -> f64 {
        children(node).map(|child| self.of(child)).sum()
    }

    fn of_call(&self, node: &Record) -> f64 {
        let Some(name) = builtin_name(node) else {
            return COLUMN_CHARACTERS.max(self.sum_inside(node));
        };
        let arguments: Vec<&Record> = node.records("args").collect();
        let size = |index: usize| arguments.get(index).map_or(0.0, |node| self.of(node));
        let times = |left: f64, right: f64| match left * right {
            product if product.is_nan() => f64::INFINITY,
            product => product,
        };
        match name {
            "repeat" => times(
                size(0),
                arguments
                    .get(1)
                    .map_or(f64::INFINITY, |n| bounds(n).high.max(0.0)),
            ),
            "lpad" | "rpad" => arguments
                .get(1)
                .map_or(f64::INFINITY, |n| bounds(n).high.max(0.0)),
            "array_fill" => times(
                size(0).max(1.0),
                arguments
                    .get(1)
                    .map_or(f64::INFINITY, |dimensions| product_of_array(dimensions)),
            ),
            "replace" => {
                let pattern = arguments.get(1).and_then(|node| literal(node));
                let pattern = pattern.map_or(1.0, |text| characters(&text).max(1.0));
                times(size(0), (size(2) / pattern).max(1.0))
            }
            "regexp_replace" => times(size(0) + 1.0, size(2).max(1.0)),
            "array_to_string" => times(size(0).max(1.0), (size(1) + size(2)).max(1.0)),
            "concat_ws" => {
                let sizes: Vec<f64> = arguments.iter().map(|node| self.of(node)).collect();
                let separator = sizes.first().copied().unwrap_or(0.0);
                separator.mul_add(count(sizes.len()), sizes.iter().sum())
            }
            "format" => {
                let places = arguments
                    .first()
                    .and_then(|node| literal(node))
                    .map_or(1.0, |template| count(template.matches('%').count()));
                let largest = arguments
                    .iter()
                    .skip(1)
                    .map(|node| self.of(node))
                    .fold(0.0, f64::max);
                let widths = arguments
                    .first()
                    .and_then(|node| literal(node))
                    .map_or(f64::INFINITY, |template| format_widths(&template));
                size(0) + widths + times(places, largest)
            }
            "bpchar" | "char" | "bit" | "varbit" | "varchar" if arguments.len() > 1 => arguments
                .get(1)
                .map_or(f64::INFINITY, |n| bounds(n).high.max(0.0))
                .max(size(0)),
            "length" | "char_length" | "character_length" | "octet_length" | "bit_length"
            | "md5" | "count" | "strpos" | "position" | "cardinality" | "array_length" => 20.0,
            _ => self.sum_inside(node),
        }
    }

    /// Is this call of a function of PostgreSQL's own within all limits?
    pub(super) fn check(&self, name: &str, node: &Record) -> Result<(), Objection> {
        let arguments: Vec<&Record> = node.records("args").collect();
        let amplifies = matches!(
            name,
            "repeat"
                | "lpad"
                | "rpad"
                | "array_fill"
                | "format"
                | "replace"
                | "regexp_replace"
                | "array_to_string"
                | "concat_ws"
        ) || (matches!(name, "bpchar" | "char" | "bit" | "varbit" | "varchar")
            && arguments.len() > 1);
        if QUERY_TEXTS.contains(&name) {
            return check_query_text(name, &arguments);
        }
        if matches!(
            name,
            "replace"
                | "split_part"
                | "strpos"
                | "position"
                | "string_to_array"
                | "string_to_table"
                | "translate"
        ) && let [text, wanted, ..] = arguments.as_slice()
            && self.of(text) * self.of(wanted) > SEARCH_MAX
        {
            return Err((
                GuardRule::SizeLimit,
                format!(
                    "`{name}` would search a large text in a large text, which cannot be cancelled"
                ),
                "search in smaller texts",
            ));
        }
        if !amplifies {
            return Ok(());
        }
        self.amplified.set(true);
        if arguments
            .iter()
            .any(|argument| argument.name == "NamedArgExpr")
        {
            return Err((
                GuardRule::SizeLimit,
                format!("`{name}` with named arguments: its size cannot be read"),
                "give the arguments by position",
            ));
        }
        if name == "format" {
            check_template(&arguments)?;
        }
        let size = self.of(node);
        if size.is_infinite() {
            return Err((
                GuardRule::SizeLimit,
                format!("`{name}` makes a value whose size is not bounded"),
                BOUND,
            ));
        }
        let limit = match name {
            "repeat" | "lpad" | "rpad" | "array_fill" => MADE_MAX,
            "bpchar" | "char" | "bit" | "varbit" | "varchar" => WIDTH_MAX.mul_add(2.0, 64.0),
            _ => TOTAL_MAX,
        };
        if size > limit {
            return Err((
                GuardRule::SizeLimit,
                format!(
                    "`{name}` makes a value of up to {size:.0} characters, more than {limit:.0}"
                ),
                BOUND,
            ));
        }
        self.total.set(self.total.get() + size);
        if self.total.get() > TOTAL_MAX {
            return Err((
                GuardRule::SizeLimit,
                format!(
                    "all values that such calls make are together larger than {TOTAL_MAX:.0} characters"
                ),
                "make fewer or shorter ones",
            ));
        }
        Ok(())
    }

    /// Is a concatenation within the limit?
    pub(super) fn check_concatenation(&self, node: &Record) -> Result<(), Objection> {
        // What calls make is added up where they stand; only columns can be large without one.
        if self.carried.get() <= COLUMN_CHARACTERS {
            return Ok(());
        }
        let size = self.of(node);
        if size > TOTAL_MAX {
            return Err((
                GuardRule::SizeLimit,
                format!("`||` makes a value of more than {TOTAL_MAX:.0} characters"),
                "concatenate smaller values",
            ));
        }
        Ok(())
    }
}

/// The nodes right below a node.
fn children<'a>(node: &Record<'a>) -> impl Iterator<Item = &'a Record<'a>> {
    node.fields.iter().flat_map(|(_, item)| {
        let list = match item {
            Item::List(list) => list,
            single => std::slice::from_ref(single),
        };
        list.iter().filter_map(Item::as_record)
    })
}

/// The name of a call that is PostgreSQL's own, or bears such a name.
fn builtin_name<'a>(node: &Record<'a>) -> Option<&'a str> {
    let names = node.path("funcname");
    match names.as_slice() {
        [name] | ["pg_catalog", name] => Some(*name),
        _ => None,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "texts have at most some megabytes"
)]
fn count(number: usize) -> f64 {
    number as f64
}

fn characters(text: &str) -> f64 {
    count(text.len())
}

/// The value of a literal text, of one with a cast, or of several that are concatenated.
fn literal(node: &Record) -> Option<String> {
    match node.name {
        "AConst" | "TypeCast" => node.constant().map(str::to_owned),
        "AExpr" if node.path("name") == ["||"] => {
            let left = literal(node.record("lexpr")?)?;
            Some(left + &literal(node.record("rexpr")?)?)
        }
        _ => None,
    }
}

/// The product of the dimensions of `array[2, 3]`.
fn product_of_array(node: &Record) -> f64 {
    match node.name {
        "AArrayExpr" => node
            .records("elements")
            .map(|element| bounds(element).high.max(0.0))
            .fold(1.0, |product, part| match product * part {
                product if product.is_nan() => f64::INFINITY,
                product => product,
            }),
        "TypeCast" => node.record("arg").map_or(f64::INFINITY, product_of_array),
        _ => f64::INFINITY,
    }
}

fn check_query_text(name: &str, arguments: &[&Record]) -> Result<(), Objection> {
    let text = match arguments {
        [text] | [_, text] => literal(text),
        _ => None,
    };
    match text {
        Some(text) if text.len() <= QUERY_CHARACTERS_MAX => Ok(()),
        Some(_) => Err((
            GuardRule::SearchText,
            format!("the text of `{name}` is longer than {QUERY_CHARACTERS_MAX} bytes"),
            "search for fewer words",
        )),
        None => Err((
            GuardRule::SearchText,
            format!("the text of `{name}` is not a literal: a long one cannot be cancelled"),
            "write the search words into the statement",
        )),
    }
}

/// The template of `format` must be a literal with small, written widths.
fn check_template(arguments: &[&Record]) -> Result<(), Objection> {
    let Some(template) = arguments.first().and_then(|node| literal(node)) else {
        return Err((
            GuardRule::SizeLimit,
            String::from("the template of `format` is not a literal"),
            "write the template into the statement",
        ));
    };
    if format_widths(&template).is_finite() {
        return Ok(());
    }
    Err((
        GuardRule::SizeLimit,
        format!("a width in the template of `format` is `*` or more than {WIDTH_MAX}"),
        "write small widths into the template",
    ))
}

/// The sum of all widths in a template; infinite if one is `*` or too large.
fn format_widths(template: &str) -> f64 {
    let mut sum = 0.0;
    let mut rest = template;
    while let Some(start) = rest.find('%') {
        rest = &rest[start + 1..];
        // `%%` is a percent sign.
        if let Some(after) = rest.strip_prefix('%') {
            rest = after;
            continue;
        }
        let end = rest
            .find(|character: char| !(character.is_ascii_digit() || "$-*".contains(character)))
            .unwrap_or(rest.len());
        let specifier = &rest[..end];
        let width = specifier
            .rsplit_once('$')
            .map_or(specifier, |(_, width)| width);
        if specifier.contains('*') {
            return f64::INFINITY;
        }
        let width = width.trim_start_matches('-');
        if !width.is_empty() {
            match width.parse::<f64>() {
                Ok(width) if width <= WIDTH_MAX => sum += width,
                _ => return f64::INFINITY,
            }
        }
        rest = &rest[end..];
    }
    sum
}
