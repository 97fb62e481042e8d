//! Values of parameters: text, which the server itself turns into the type that it has inferred. They never get into
//! the text of the statement.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A value as text, whatever its type.
#[derive(Debug)]
pub(super) struct Parameter<'a>(pub(super) Option<&'a str>);

impl ToSql for Parameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(text) = self.0 else {
            return Ok(IsNull::Yes);
        };
        out.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// What EXPLAIN and SHOW answer: text, or JSON and the like, whose binary form is the text too.
pub(super) struct PlainText(pub(super) String);

impl<'a> FromSql<'a> for PlainText {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    fn accepts(kind: &Type) -> bool {
        [Type::TEXT, Type::JSON, Type::XML, Type::VARCHAR, Type::NAME].contains(kind)
    }
}
