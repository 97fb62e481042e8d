//! The one call into C: parse, and on failure say *where*.
//!
//! `pg_query::parse` throws the position of an error away, so we declare the same C function ourselves and read
//! `cursorpos`. Callers go through `parse.rs`, which owns the only thread that may come in here.

#![expect(
    unsafe_code,
    reason = "the Rust wrapper of libpg_query drops the error position; this module reads it"
)]

use std::ffi::{CStr, CString, c_char, c_int};

use pg_query::protobuf::ParseResult;

/// What the C parser said about one text.
#[derive(Debug)]
pub(crate) enum Raw<T> {
    /// What was made of the encoded tree.
    Tree(T),
    /// Refused; `cursor` is 1-based and counts characters, 0 means unknown.
    Refused { message: String, cursor: usize },
}

#[repr(C)]
struct PgQueryError {
    message: *mut c_char,
    funcname: *mut c_char,
    filename: *mut c_char,
    lineno: c_int,
    cursorpos: c_int,
    context: *mut c_char,
}

#[repr(C)]
struct PgQueryProtobuf {
    len: usize,
    data: *mut c_char,
}

#[repr(C)]
struct PgQueryProtobufParseResult {
    parse_tree: PgQueryProtobuf,
    stderr_buffer: *mut c_char,
    error: *mut PgQueryError,
}

unsafe extern "C" {
    fn pg_query_parse_protobuf(input: *const c_char) -> PgQueryProtobufParseResult;
    fn pg_query_free_protobuf_parse_result(result: PgQueryProtobufParseResult);
}

/// A decoded parse tree.
pub(crate) type Tree = ParseResult;

/// Parses one text and lets `read` look at the encoded tree, which is not copied. Not to be called from two threads at once: the C code points file descriptor 2 of the whole
/// process elsewhere while it parses, and two callers would leave it pointing at a closed pipe.
pub(crate) fn parse_raw<T>(text: &CString, read: impl FnOnce(&[u8]) -> T) -> Raw<T> {
    // SAFETY: `text` is a NUL-terminated string that outlives the call; the library copies what it keeps.
    let result = unsafe { pg_query_parse_protobuf(text.as_ptr()) };
    let raw = if result.error.is_null() {
        // SAFETY: without an error `data` points at `len` bytes that live until the free below.
        let bytes = if result.parse_tree.data.is_null() || result.parse_tree.len == 0 {
            &[][..]
        } else {
            unsafe {
                std::slice::from_raw_parts(
                    result.parse_tree.data.cast::<u8>(),
                    result.parse_tree.len,
                )
            }
        };
        Raw::Tree(read(bytes))
    } else {
        // SAFETY: the pointer is not null, and the library owns the error until the free below.
        let error = unsafe { &*result.error };
        let message = if error.message.is_null() {
            String::from("syntax error")
        } else {
            // SAFETY: a message is a NUL-terminated string made by `strdup`.
            unsafe { CStr::from_ptr(error.message) }
                .to_string_lossy()
                .into_owned()
        };
        Raw::Refused {
            message,
            cursor: usize::try_from(error.cursorpos).unwrap_or(0),
        }
    };
    // SAFETY: `result` came from the call above and is not used again.
    unsafe { pg_query_free_protobuf_parse_result(result) };
    raw
}
