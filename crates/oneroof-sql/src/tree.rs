//! A parse tree with names in it: every node as a [`Record`] that knows what it is called.
//!
//! The protobuf types have 268 structs and no complete visitor. All of them can be serialised, so a serialiser that
//! builds [`Item`]s sees every field of every node, also of those that a later grammar adds: nothing is overlooked
//! because somebody forgot a match arm. Empty fields are left out.
//!
//! A tree lives in an [`Arena`]: short texts, lists and fields are copied into a few large blocks, and dropping all of
//! them is dropping the arena. One allocation for each name of a statement cost as much as its parse.

use std::cell::RefCell;
use std::fmt;

use bumpalo::Bump;
use serde::ser::{self, Serialize};

/// One value of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Item<'a> {
    Nothing,
    Flag(bool),
    Number(i64),
    Text(&'a str),
    List(&'a [Item<'a>]),
    Record(Record<'a>),
}

/// One node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Record<'a> {
    /// As PostgreSQL calls it: `SelectStmt`, `RangeVar`.
    pub(crate) name: &'static str,
    pub(crate) fields: &'a [(&'static str, Item<'a>)],
}

/// Where a tree lives.
pub(crate) struct Arena {
    blocks: Bump,
}

/// Enough for the tree of a usual statement.
const ARENA_BYTES: usize = 32 * 1024;

impl Arena {
    pub(crate) fn new() -> Self {
        Self {
            blocks: Bump::with_capacity(ARENA_BYTES),
        }
    }

    /// A copy of `text` that lives as long as the arena.
    pub(crate) fn text(&self, text: &str) -> &str {
        self.blocks.alloc_str(text)
    }

    /// A copy of `parts` that lives as long as the arena.
    pub(crate) fn slice<T: Copy>(&self, parts: &[T]) -> &[T] {
        self.blocks.alloc_slice_copy(parts)
    }
}

impl<'a> Item<'a> {
    /// The tree of `value`; `Nothing` if it cannot be read, which no tree of the parser is.
    pub(crate) fn of<T: Serialize>(arena: &'a Arena, value: &T) -> Self {
        let open = Open::default();
        let builder = Builder { arena, open: &open };
        value.serialize(builder).unwrap_or(Self::Nothing)
    }

    /// Is this the empty value of a field, which is as good as none?
    pub(crate) fn is_left_out(&self, field: &str) -> bool {
        match self {
            Self::Nothing | Self::Flag(false) => true,
            // The first byte of a text is a place.
            Self::Number(0) => field != "location",
            Self::Text(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            _ => false,
        }
    }

    pub(crate) fn as_record(&self) -> Option<&Record<'a>> {
        match self {
            Self::Record(record) => Some(record),
            _ => None,
        }
    }
}

impl<'a> Record<'a> {
    pub(crate) fn get(&self, field: &str) -> Option<&'a Item<'a>> {
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, item)| item)
    }

    pub(crate) fn record(&self, field: &str) -> Option<&'a Self> {
        self.get(field).and_then(Item::as_record)
    }

    pub(crate) fn list(&self, field: &str) -> &'a [Item<'a>] {
        match self.get(field) {
            Some(Item::List(list)) => list,
            _ => &[],
        }
    }

    pub(crate) fn records(&self, field: &str) -> impl Iterator<Item = &'a Self> + use<'a> {
        self.list(field).iter().filter_map(Item::as_record)
    }

    pub(crate) fn text(&self, field: &str) -> &'a str {
        match self.get(field) {
            Some(Item::Text(text)) => text,
            _ => "",
        }
    }

    pub(crate) fn number(&self, field: &str) -> i64 {
        match self.get(field) {
            Some(Item::Number(number)) => *number,
            _ => 0,
        }
    }

    pub(crate) fn flag(&self, field: &str) -> bool {
        matches!(self.get(field), Some(Item::Flag(true)))
    }

    /// The strings of a list of `String` nodes: a qualified name.
    pub(crate) fn names(&self, field: &str) -> Vec<String> {
        strings(self.list(field))
    }

    /// The same without copies.
    pub(crate) fn path(&self, field: &str) -> Vec<&'a str> {
        self.records(field)
            .filter(|record| record.name == "String")
            .map(|record| record.text("sval"))
            .collect()
    }

    /// The value of a string constant.
    pub(crate) fn constant(&self) -> Option<&'a str> {
        match self.name {
            "AConst" => self
                .record("val")
                .filter(|val| val.name == "String")
                .map(|val| val.text("sval")),
            "TypeCast" => self.record("arg").and_then(Self::constant),
            _ => None,
        }
    }

    /// Calls `visit` for this node and every one below it.
    pub(crate) fn each<'r>(&'r self, visit: &mut dyn FnMut(&'r Self)) {
        visit(self);
        for (_, item) in self.fields {
            each_in(item, visit);
        }
    }
}

fn each_in<'r, 'a>(item: &'r Item<'a>, visit: &mut dyn FnMut(&'r Record<'a>)) {
    match item {
        Item::Record(record) => record.each(visit),
        Item::List(list) => list.iter().for_each(|item| each_in(item, visit)),
        _ => {}
    }
}

/// The strings of `String` nodes in a list.
pub(crate) fn strings(list: &[Item<'_>]) -> Vec<String> {
    list.iter()
        .filter_map(Item::as_record)
        .filter(|record| record.name == "String")
        .map(|record| record.text("sval").to_owned())
        .collect()
}

/// Serialiser errors: nothing in a tree causes one.
#[derive(Debug)]
pub(crate) struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a parse tree holds a value of unknown kind")
    }
}

impl std::error::Error for Unreadable {}

impl ser::Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[derive(Clone, Copy)]
struct Builder<'a, 'o> {
    arena: &'a Arena,
    open: &'o Open<'a>,
}

/// Parts of the lists and records that are not at their end yet, those of the innermost last.
#[derive(Default)]
struct Open<'a> {
    items: RefCell<Vec<Item<'a>>>,
    fields: RefCell<Vec<(&'static str, Item<'a>)>>,
}

struct ListBuilder<'a, 'o> {
    builder: Builder<'a, 'o>,
    start: usize,
}

enum RecordBuilder<'a, 'o> {
    Record {
        builder: Builder<'a, 'o>,
        name: &'static str,
        start: usize,
    },
    /// A `Node`, which is only a box around the real thing.
    Node {
        builder: Builder<'a, 'o>,
        boxed: Item<'a>,
    },
}

impl<'a, 'o> Builder<'a, 'o> {
    fn text(self, value: &str) -> Item<'a> {
        Item::Text(self.arena.text(value))
    }

    fn list(self) -> ListBuilder<'a, 'o> {
        let start = self.open.items.borrow().len();
        ListBuilder {
            builder: self,
            start,
        }
    }
}

impl<'a> ListBuilder<'a, '_> {
    fn close(self) -> Item<'a> {
        let mut items = self.builder.open.items.borrow_mut();
        let list = self.builder.arena.slice(&items[self.start..]);
        items.truncate(self.start);
        Item::List(list)
    }
}

impl<'a, 'o> ser::Serializer for Builder<'a, 'o> {
    type Ok = Item<'a>;
    type Error = Unreadable;
    type SerializeSeq = ListBuilder<'a, 'o>;
    type SerializeTuple = ListBuilder<'a, 'o>;
    type SerializeTupleStruct = ListBuilder<'a, 'o>;
    type SerializeTupleVariant = ser::Impossible<Item<'a>, Unreadable>;
    type SerializeMap = ser::Impossible<Item<'a>, Unreadable>;
    type SerializeStruct = RecordBuilder<'a, 'o>;
    type SerializeStructVariant = ser::Impossible<Item<'a>, Unreadable>;

    fn serialize_bool(self, value: bool) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Flag(value))
    }
    fn serialize_i8(self, value: i8) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_i16(self, value: i16) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_i32(self, value: i32) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_i64(self, value: i64) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(value))
    }
    fn serialize_u8(self, value: u8) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_u16(self, value: u16) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_u32(self, value: u32) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_u64(self, value: u64) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Number(i64::try_from(value).unwrap_or(i64::MAX)))
    }
    fn serialize_f32(self, value: f32) -> Result<Item<'a>, Unreadable> {
        Ok(self.text(&value.to_string()))
    }
    fn serialize_f64(self, value: f64) -> Result<Item<'a>, Unreadable> {
        Ok(self.text(&value.to_string()))
    }
    fn serialize_char(self, value: char) -> Result<Item<'a>, Unreadable> {
        Ok(self.text(&value.to_string()))
    }
    fn serialize_str(self, value: &str) -> Result<Item<'a>, Unreadable> {
        Ok(self.text(value))
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_none(self) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Item<'a>, Unreadable> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Item<'a>, Unreadable> {
        Ok(Item::Text(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Item<'a>, Unreadable> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<Item<'a>, Unreadable> {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<ListBuilder<'a, 'o>, Unreadable> {
        Ok(self.list())
    }
    fn serialize_tuple(self, _: usize) -> Result<ListBuilder<'a, 'o>, Unreadable> {
        Ok(self.list())
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<ListBuilder<'a, 'o>, Unreadable> {
        Ok(self.list())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unreadable> {
        Err(Unreadable)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unreadable> {
        Err(Unreadable)
    }
    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<RecordBuilder<'a, 'o>, Unreadable> {
        if name == "Node" {
            return Ok(RecordBuilder::Node {
                builder: self,
                boxed: Item::Nothing,
            });
        }
        let start = self.open.fields.borrow().len();
        Ok(RecordBuilder::Record {
            builder: self,
            name,
            start,
        })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unreadable> {
        Err(Unreadable)
    }
}

impl<'a> ser::SerializeSeq for ListBuilder<'a, '_> {
    type Ok = Item<'a>;
    type Error = Unreadable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        let item = value.serialize(self.builder)?;
        self.builder.open.items.borrow_mut().push(item);
        Ok(())
    }
    fn end(self) -> Result<Item<'a>, Unreadable> {
        Ok(self.close())
    }
}

impl<'a> ser::SerializeTuple for ListBuilder<'a, '_> {
    type Ok = Item<'a>;
    type Error = Unreadable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        ser::SerializeSeq::serialize_element(self, value)
    }
    fn end(self) -> Result<Item<'a>, Unreadable> {
        Ok(self.close())
    }
}

impl<'a> ser::SerializeTupleStruct for ListBuilder<'a, '_> {
    type Ok = Item<'a>;
    type Error = Unreadable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        ser::SerializeSeq::serialize_element(self, value)
    }
    fn end(self) -> Result<Item<'a>, Unreadable> {
        Ok(self.close())
    }
}

impl<'a> ser::SerializeStruct for RecordBuilder<'a, '_> {
    type Ok = Item<'a>;
    type Error = Unreadable;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unreadable> {
        match self {
            Self::Node { builder, boxed } => *boxed = value.serialize(*builder)?,
            Self::Record { builder, .. } => {
                let item = value.serialize(*builder)?;
                if !item.is_left_out(key) {
                    builder.open.fields.borrow_mut().push((key, item));
                }
            }
        }
        Ok(())
    }
    fn end(self) -> Result<Item<'a>, Unreadable> {
        Ok(match self {
            Self::Node { boxed, .. } => boxed,
            Self::Record {
                builder,
                name,
                start,
            } => {
                let mut open = builder.open.fields.borrow_mut();
                let fields = builder.arena.slice(&open[start..]);
                open.truncate(start);
                Item::Record(Record { name, fields })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::with_parsed;

    #[test]
    fn every_node_is_seen() {
        let names = with_parsed(
            "with a as (select f(x) over (order by y filter_) from s.t) select 'v'::regclass from a",
            |_| (),
        );
        assert!(names.is_err());
        let mut seen = with_parsed(
            "select f('v', a.b) from s.t where exists (select 1 from u)",
            |tree| {
                let arena = Arena::new();
                let mut seen = Vec::new();
                if let Some(record) = Item::of(&arena, tree).as_record() {
                    record.each(&mut |record| seen.push(record.name));
                }
                seen
            },
        )
        .unwrap();
        seen.sort_unstable();
        seen.dedup();
        for name in [
            "AConst",
            "ColumnRef",
            "FuncCall",
            "RangeVar",
            "SelectStmt",
            "SubLink",
        ] {
            assert!(seen.contains(&name), "{name} in {seen:?}");
        }
    }

    #[test]
    fn the_deepest_tree_can_be_walked() {
        for (open, close) in [
            ("(select ", ")"),
            ("case when true then ", " end"),
            ("f(", ")"),
            ("1+", ""),
        ] {
            let mut largest = 0;
            for depth in [100, 500, 1000, 2000, 4000, 8000] {
                let text = format!("select {}1{}", open.repeat(depth), close.repeat(depth));
                let count = with_parsed(&text, |tree| {
                    let arena = Arena::new();
                    let item = Item::of(&arena, tree);
                    let mut count = 0_usize;
                    if let Some(record) = item.as_record() {
                        record.each(&mut |_| count += 1);
                    }
                    count
                });
                if count.is_ok() {
                    largest = depth;
                }
            }
            assert!(largest >= 100, "{open}");
        }
    }
}
