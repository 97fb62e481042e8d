//! A parse tree with names in it: every node as a [`Record`] that knows what it is called.
//!
//! The protobuf types have 268 structs and no complete visitor. All of them can be serialised, so a serialiser that
//! builds [`Item`]s sees every field of every node, also of those that a later grammar adds: nothing is overlooked
//! because somebody forgot a match arm. Empty fields are left out.

use std::fmt;

use serde::ser::{self, Serialize};

/// One value of a tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Nothing,
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<Item>),
    Record(Record),
}

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// As PostgreSQL calls it: `SelectStmt`, `RangeVar`.
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<(&'static str, Item)>,
}

impl Item {
    /// The tree of `value`; `Nothing` if it cannot be read, which no tree of the parser is.
    pub(crate) fn of<T: Serialize>(value: &T) -> Self {
        value.serialize(Builder).unwrap_or(Self::Nothing)
    }

    pub(crate) fn as_record(&self) -> Option<&Record> {
        match self {
            Self::Record(record) => Some(record),
            _ => None,
        }
    }
}

impl Record {
    pub(crate) fn get(&self, field: &str) -> Option<&Item> {
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, item)| item)
    }

    pub(crate) fn record(&self, field: &str) -> Option<&Self> {
        self.get(field).and_then(Item::as_record)
    }

    pub(crate) fn list(&self, field: &str) -> &[Item] {
        match self.get(field) {
            Some(Item::List(list)) => list,
            _ => &[],
        }
    }

    pub(crate) fn records(&self, field: &str) -> impl Iterator<Item = &Self> {
        self.list(field).iter().filter_map(Item::as_record)
    }

    pub(crate) fn text(&self, field: &str) -> &str {
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

    /// The value of a string constant.
    pub(crate) fn constant(&self) -> Option<&str> {
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
    pub(crate) fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        for (_, item) in &self.fields {
            each_in(item, visit);
        }
    }
}

fn each_in<'a>(item: &'a Item, visit: &mut dyn FnMut(&'a Record)) {
    match item {
        Item::Record(record) => record.each(visit),
        Item::List(list) => list.iter().for_each(|item| each_in(item, visit)),
        _ => {}
    }
}

/// The strings of `String` nodes in a list.
pub(crate) fn strings(list: &[Item]) -> Vec<String> {
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

struct Builder;

struct ListBuilder(Vec<Item>);

/// A record, or what is in a `Node`, which is only a box around the real thing.
struct RecordBuilder {
    record: Record,
    boxed: Option<Item>,
}

/// Most nodes have fewer fields that are not empty.
const FIELDS_USUAL: usize = 6;

impl ser::Serializer for Builder {
    type Ok = Item;
    type Error = Unreadable;
    type SerializeSeq = ListBuilder;
    type SerializeTuple = ListBuilder;
    type SerializeTupleStruct = ListBuilder;
    type SerializeTupleVariant = ser::Impossible<Item, Unreadable>;
    type SerializeMap = ser::Impossible<Item, Unreadable>;
    type SerializeStruct = RecordBuilder;
    type SerializeStructVariant = ser::Impossible<Item, Unreadable>;

    fn serialize_bool(self, value: bool) -> Result<Item, Unreadable> {
        Ok(Item::Flag(value))
    }
    fn serialize_i8(self, value: i8) -> Result<Item, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_i16(self, value: i16) -> Result<Item, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_i32(self, value: i32) -> Result<Item, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_i64(self, value: i64) -> Result<Item, Unreadable> {
        Ok(Item::Number(value))
    }
    fn serialize_u8(self, value: u8) -> Result<Item, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_u16(self, value: u16) -> Result<Item, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_u32(self, value: u32) -> Result<Item, Unreadable> {
        Ok(Item::Number(value.into()))
    }
    fn serialize_u64(self, value: u64) -> Result<Item, Unreadable> {
        Ok(Item::Number(i64::try_from(value).unwrap_or(i64::MAX)))
    }
    fn serialize_f32(self, value: f32) -> Result<Item, Unreadable> {
        Ok(Item::Text(value.to_string()))
    }
    fn serialize_f64(self, value: f64) -> Result<Item, Unreadable> {
        Ok(Item::Text(value.to_string()))
    }
    fn serialize_char(self, value: char) -> Result<Item, Unreadable> {
        Ok(Item::Text(value.to_string()))
    }
    fn serialize_str(self, value: &str) -> Result<Item, Unreadable> {
        Ok(Item::Text(value.to_owned()))
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Item, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_none(self) -> Result<Item, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Item, Unreadable> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Item, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Item, Unreadable> {
        Ok(Item::Nothing)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Item, Unreadable> {
        Ok(Item::Text(variant.to_owned()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Item, Unreadable> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<Item, Unreadable> {
        value.serialize(self)
    }
    fn serialize_seq(self, length: Option<usize>) -> Result<ListBuilder, Unreadable> {
        Ok(ListBuilder(Vec::with_capacity(length.unwrap_or(0))))
    }
    fn serialize_tuple(self, length: usize) -> Result<ListBuilder, Unreadable> {
        Ok(ListBuilder(Vec::with_capacity(length)))
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<ListBuilder, Unreadable> {
        Ok(ListBuilder(Vec::with_capacity(length)))
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
        fields: usize,
    ) -> Result<RecordBuilder, Unreadable> {
        let fields = match name {
            "Node" => Vec::new(),
            _ => Vec::with_capacity(fields.min(FIELDS_USUAL)),
        };
        Ok(RecordBuilder {
            record: Record { name, fields },
            boxed: None,
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

impl ser::SerializeSeq for ListBuilder {
    type Ok = Item;
    type Error = Unreadable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        self.0.push(value.serialize(Builder)?);
        Ok(())
    }
    fn end(self) -> Result<Item, Unreadable> {
        Ok(Item::List(self.0))
    }
}

impl ser::SerializeTuple for ListBuilder {
    type Ok = Item;
    type Error = Unreadable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        ser::SerializeSeq::serialize_element(self, value)
    }
    fn end(self) -> Result<Item, Unreadable> {
        Ok(Item::List(self.0))
    }
}

impl ser::SerializeTupleStruct for ListBuilder {
    type Ok = Item;
    type Error = Unreadable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        ser::SerializeSeq::serialize_element(self, value)
    }
    fn end(self) -> Result<Item, Unreadable> {
        Ok(Item::List(self.0))
    }
}

impl ser::SerializeStruct for RecordBuilder {
    type Ok = Item;
    type Error = Unreadable;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unreadable> {
        let item = value.serialize(Builder)?;
        let empty = match &item {
            Item::Nothing | Item::Flag(false) => true,
            Item::Text(text) => text.is_empty(),
            Item::List(list) => list.is_empty(),
            _ => false,
        };
        if self.record.name == "Node" {
            self.boxed = Some(item);
        } else if !empty {
            self.record.fields.push((key, item));
        }
        Ok(())
    }
    fn end(self) -> Result<Item, Unreadable> {
        if self.record.name == "Node" {
            return Ok(self.boxed.unwrap_or(Item::Nothing));
        }
        Ok(Item::Record(self.record))
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
                let mut seen = Vec::new();
                if let Some(record) = Item::of(tree).as_record() {
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
                    let item = Item::of(tree);
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
