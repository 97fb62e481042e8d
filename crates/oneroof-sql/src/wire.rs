//! Reads the encoded tree of the parser straight into [`Record`]s, texts where they lie.
//!
//! Decoding into the crate's types first makes a box for nearly every node, and all of them are walked and dropped
//! again; for a short statement that costs as much as the parse. `wire-nodes.txt` says what each message is made of
//! (`scripts/parser-nodes` writes it); a field that is not in it makes the tree unreadable, never shorter. The
//! encoding is <https://protobuf.dev/programming-guides/encoding/>.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::tree::{Arena, Item, Record, Unreadable};

/// The kind of a field's value.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Flag,
    Signed,
    Unsigned,
    Double,
    Text,
    /// The place of its shape in [`SHAPES`].
    Message(usize),
}

/// A field of a message.
#[derive(Debug)]
struct Field {
    name: &'static str,
    kind: Kind,
    repeated: bool,
}

/// What a message is made of.
#[derive(Debug)]
struct Shape {
    name: &'static str,
    /// In the order of the crate's types, which is the order in which they are walked.
    fields: Vec<Field>,
    /// Field number -> place in `fields`.
    by_number: Vec<Option<u16>>,
    /// Fields that count also where the encoding leaves them out: 0 is a place, and a cost.
    always: Vec<u16>,
}

/// The name of the message that is a box around one of all others.
const BOX: &str = "Node";

/// All messages; the first one is the whole tree.
static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| shapes(include_str!("wire-nodes.txt")));

fn shapes(text: &'static str) -> Vec<Shape> {
    let lines = || text.lines().filter(|line| !line.starts_with('#'));
    let places: HashMap<&str, usize> = lines()
        .filter_map(|line| line.split(' ').next())
        .enumerate()
        .map(|(place, name)| (name, place))
        .collect();
    lines().map(|line| shape(line, &places)).collect()
}

fn shape(line: &'static str, places: &HashMap<&str, usize>) -> Shape {
    let mut words = line.split(' ');
    let mut shape = Shape {
        name: words.next().unwrap_or_default(),
        fields: Vec::new(),
        by_number: Vec::new(),
        always: Vec::new(),
    };
    for word in words {
        let mut parts = word.split(':');
        let (name, number, kind) = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(Ok(number)), Some(kind)) =
            (name, number.map(str::parse::<usize>), kind)
        else {
            continue;
        };
        let (repeated, kind) = match kind.strip_prefix('*') {
            Some(kind) => (true, kind),
            None => (false, kind),
        };
        let kind = match kind {
            "bool" => Kind::Flag,
            "int32" | "int64" => Kind::Signed,
            "uint32" | "uint64" => Kind::Unsigned,
            "double" => Kind::Double,
            "string" => Kind::Text,
            // A name that is nowhere has no field number, so nothing is read by it.
            message => match places.get(message) {
                Some(place) => Kind::Message(*place),
                None => continue,
            },
        };
        let Ok(place) = u16::try_from(shape.fields.len()) else {
            continue;
        };
        if shape.by_number.len() <= number {
            shape.by_number.resize(number + 1, None);
        }
        shape.by_number[number] = Some(place);
        if matches!((name, kind), ("location", Kind::Signed) | (_, Kind::Double)) {
            shape.always.push(place);
        }
        shape.fields.push(Field {
            name,
            kind,
            repeated,
        });
    }
    shape
}

/// A value as it is encoded.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Varint(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

/// The tree that `bytes` encode.
///
/// # Errors
/// They hold something that is not known.
pub(crate) fn read<'a>(arena: &'a Arena, bytes: &'a [u8]) -> Result<Record<'a>, Unreadable> {
    let mut reader = Reader {
        arena,
        values: Vec::with_capacity(64),
        items: Vec::with_capacity(64),
        fields: Vec::with_capacity(64),
    };
    let tree = SHAPES.first().ok_or(Unreadable)?;
    match reader.message(tree, bytes)? {
        Item::Record(record) => Ok(record),
        _ => Err(Unreadable),
    }
}

/// Parts of the messages that are not at their end yet, those of the innermost last.
struct Reader<'a> {
    arena: &'a Arena,
    values: Vec<(u16, Value<'a>)>,
    items: Vec<Item<'a>>,
    fields: Vec<(&'static str, Item<'a>)>,
}

impl<'a> Reader<'a> {
    fn message(&mut self, shape: &'static Shape, bytes: &'a [u8]) -> Result<Item<'a>, Unreadable> {
        let first = self.values.len();
        self.split(shape, bytes)?;
        let item = if shape.name == BOX {
            self.boxed(shape, first)
        } else {
            self.record(shape, first)
        };
        self.values.truncate(first);
        item
    }

    /// Splits a message into the values of its fields, in the order of `shape`.
    fn split(&mut self, shape: &Shape, mut bytes: &'a [u8]) -> Result<(), Unreadable> {
        let first = self.values.len();
        while !bytes.is_empty() {
            let key = varint(&mut bytes)?;
            let place = usize::try_from(key >> 3)
                .ok()
                .and_then(|number| shape.by_number.get(number).copied().flatten())
                .ok_or(Unreadable)?;
            let value = match key & 7 {
                0 => Value::Varint(varint(&mut bytes)?),
                1 => {
                    let (number, rest) = bytes.split_first_chunk().ok_or(Unreadable)?;
                    bytes = rest;
                    Value::Fixed(u64::from_le_bytes(*number))
                }
                2 => {
                    let length = usize::try_from(varint(&mut bytes)?).map_err(|_| Unreadable)?;
                    let (inner, rest) = bytes.split_at_checked(length).ok_or(Unreadable)?;
                    bytes = rest;
                    Value::Bytes(inner)
                }
                _ => return Err(Unreadable),
            };
            self.values.push((place, value));
        }
        for place in &shape.always {
            if self.values[first..].iter().all(|(other, _)| other != place) {
                let value = match shape.fields[usize::from(*place)].kind {
                    Kind::Double => Value::Fixed(0),
                    _ => Value::Varint(0),
                };
                self.values.push((*place, value));
            }
        }
        let values = &mut self.values[first..];
        if !values.is_sorted_by_key(|(place, _)| *place) {
            values.sort_by_key(|(place, _)| *place);
        }
        Ok(())
    }

    /// What is in the box whose values begin at `first`.
    fn boxed(&mut self, shape: &'static Shape, first: usize) -> Result<Item<'a>, Unreadable> {
        match self.values[first..] {
            [] => Ok(Item::Nothing),
            [(place, value)] => self.item(shape.fields[usize::from(place)].kind, value),
            _ => Err(Unreadable),
        }
    }

    /// The record whose values begin at `first`.
    fn record(&mut self, shape: &'static Shape, first: usize) -> Result<Item<'a>, Unreadable> {
        let end = self.values.len();
        let first_field = self.fields.len();
        let mut at = first;
        while at < end {
            let (place, value) = self.values[at];
            let field = &shape.fields[usize::from(place)];
            at += 1;
            let item = if field.repeated {
                let first_item = self.items.len();
                self.element(field.kind, value)?;
                while at < end && self.values[at].0 == place {
                    let (_, value) = self.values[at];
                    self.element(field.kind, value)?;
                    at += 1;
                }
                let list = self.arena.slice(&self.items[first_item..]);
                self.items.truncate(first_item);
                Item::List(list)
            } else {
                self.item(field.kind, value)?
            };
            // A second value of a field, or a second choice of one of several.
            if self.fields[first_field..]
                .last()
                .is_some_and(|(name, _)| *name == field.name)
            {
                return Err(Unreadable);
            }
            if !item.is_left_out(field.name) {
                self.fields.push((field.name, item));
            }
        }
        let fields = self.arena.slice(&self.fields[first_field..]);
        self.fields.truncate(first_field);
        Ok(Item::Record(Record {
            name: shape.name,
            fields,
        }))
    }

    /// An element of a list, or several numbers in one value.
    fn element(&mut self, kind: Kind, value: Value<'a>) -> Result<(), Unreadable> {
        match (kind, value) {
            (Kind::Flag | Kind::Signed | Kind::Unsigned, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    let number = Value::Varint(varint(&mut packed)?);
                    let item = self.item(kind, number)?;
                    self.items.push(item);
                }
            }
            _ => {
                let item = self.item(kind, value)?;
                self.items.push(item);
            }
        }
        Ok(())
    }

    fn item(&mut self, kind: Kind, value: Value<'a>) -> Result<Item<'a>, Unreadable> {
        Ok(match (kind, value) {
            (Kind::Message(place), Value::Bytes(bytes)) => {
                let shape = SHAPES.get(place).ok_or(Unreadable)?;
                self.message(shape, bytes)?
            }
            (Kind::Text, Value::Bytes(bytes)) => {
                Item::Text(std::str::from_utf8(bytes).map_err(|_| Unreadable)?)
            }
            (Kind::Flag, Value::Varint(number)) => Item::Flag(number != 0),
            // Negative numbers of 32 bits come with 64.
            (Kind::Signed, Value::Varint(number)) => Item::Number(number.cast_signed()),
            (Kind::Unsigned, Value::Varint(number)) => {
                Item::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
            (Kind::Double, Value::Fixed(bits)) => {
                Item::Text(self.arena.text(&f64::from_bits(bits).to_string()))
            }
            _ => return Err(Unreadable),
        })
    }
}

/// Takes a number of seven bits a byte from the front.
fn varint(bytes: &mut &[u8]) -> Result<u64, Unreadable> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Ok(number);
        }
    }
    Err(Unreadable)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::parse::with_parsed;
    use crate::position::Tree;

    /// Both ways give the same tree, for `tree` encoded by the crate's types.
    fn assert_same(tree: &Tree, what: &str) {
        let arena = Arena::new();
        let bytes = tree.encode_to_vec();
        let by_types = Item::of(&arena, tree);
        let by_wire = read(&arena, &bytes).expect(what);
        assert_eq!(by_types, Item::Record(by_wire), "{what}");
    }

    #[test]
    fn statements_read_as_they_do_through_the_types() {
        let ours = [
            include_str!("../tests/data/guard-honest.sql"),
            include_str!("../tests/data/guard-setup.sql"),
            include_str!("../tests/data/guard-threats.sql"),
        ];
        let mut count = 0;
        for sql in ours.iter().flat_map(|text| text.lines()) {
            count += usize::from(with_parsed(sql, |tree| assert_same(tree, sql)).is_ok());
        }
        for sql in [
            "create table t (a int generated always as identity, b text collate \"C\" default 'x', check (a > -1))",
            "select -2147483648, 9223372036854775807, 1.5e300, b'01', null, true from only t tablesample system (1)",
            "create function f(a int = 1) returns int language sql begin atomic select a; end",
            "merge into t using u on t.a = u.a when matched then do nothing when not matched then insert values (1)",
            "alter table t add constraint c foreign key (a) references u (b) not valid, alter b type int using b::int",
            "create publication p for table t (a) where (a > 1); grant select on all tables in schema s to r",
            "",
        ] {
            with_parsed(sql, |tree| assert_same(tree, sql)).unwrap();
            count += 1;
        }
        assert!(count > 200, "{count}");
    }

    #[test]
    fn an_empty_node_of_every_kind_reads_as_it_does_through_the_types() {
        let node = SHAPES.iter().find(|shape| shape.name == BOX).unwrap();
        let numbers = (1..node.by_number.len()).filter(|number| node.by_number[*number].is_some());
        let mut count = 0;
        for number in numbers {
            let mut bytes = Vec::new();
            prost::encoding::encode_key(
                u32::try_from(number).unwrap(),
                prost::encoding::WireType::LengthDelimited,
                &mut bytes,
            );
            bytes.push(0);
            let node = pg_query::protobuf::Node::decode(bytes.as_slice()).unwrap();
            assert!(node.node.is_some(), "{number}");
            let tree = Tree {
                stmts: vec![pg_query::protobuf::RawStmt {
                    stmt: Some(Box::new(node)),
                    ..Default::default()
                }],
                ..Default::default()
            };
            assert_same(&tree, &number.to_string());
            count += 1;
        }
        assert!(count > 260, "{count}");
        // And the crate knows no node that the table does not know.
        for number in u32::try_from(node.by_number.len()).unwrap()..2_000 {
            let mut bytes = Vec::new();
            prost::encoding::encode_key(
                number,
                prost::encoding::WireType::LengthDelimited,
                &mut bytes,
            );
            bytes.push(0);
            let node = pg_query::protobuf::Node::decode(bytes.as_slice()).unwrap();
            assert!(node.node.is_none(), "{number}");
        }
    }

    #[test]
    fn what_is_not_known_is_unreadable_and_nothing_panics() {
        let arena = Arena::new();
        for bytes in [
            &[0x0a][..],               // no length
            &[0x12, 0x05, 0x00],       // cut
            &[0x78, 0x01],             // a field that is nowhere
            &[0x0b],                   // a group
            &[0x12, 0x02, 0x0a, 0xff], // cut inside
            &[0x08, 0x01, 0x08, 0x01], // twice
            &[0xff; 12],               // a number without an end
            &[0x0a, 0x01, 0x00],       // bytes for a number
        ] {
            assert!(read(&arena, bytes).is_err(), "{bytes:?}");
        }
        let sql = "select f(a, 'b') from t where c = any (array[1, 2])";
        let whole = with_parsed(sql, |tree| tree.encode_to_vec()).unwrap();
        for place in 0..whole.len() {
            for byte in [0x00, 0x01, 0x0a, 0x7f, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[place] = byte;
                let _ = read(&arena, &changed);
            }
            let _ = read(&arena, &whole[..place]);
        }
    }
}
