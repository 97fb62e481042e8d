//! The foreign files of an evidence folder, as far as they can be judged without reading a file: the list of
//! sums, and the sums of single lines that say where a file was changed.

mod lines;
mod sums;

pub use lines::{ChangedPlace, Edit, LINE_SUMS_FILE, LineSums, line_at};
pub use sums::{SIGNATURE_FILE, SUMS_FILE, SumFault, SumLine, read_sums, sums_text, unsafe_path};
