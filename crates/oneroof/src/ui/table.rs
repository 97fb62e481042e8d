//! Tables for people; numbers stand right.

use comfy_table::{Cell, CellAlignment, Column, ColumnConstraint, ContentArrangement, presets};

/// Wider tables get their texts wrapped; the same everywhere, so that two outputs can be compared.
const COLUMNS_MAX: u16 = 120;

/// A table that grows row by row.
pub(crate) struct Table(comfy_table::Table);

impl Table {
    /// A table with these column heads.
    pub(crate) fn new<T: Into<String>>(heads: impl IntoIterator<Item = T>) -> Table {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(COLUMNS_MAX);
        table.set_header(heads.into_iter().map(|head| Cell::new(head.into())));
        Table(table)
    }

    /// Adds a row.
    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.0.add_row(cells.into_iter().map(|cell| {
            let text: String = cell.into();
            let is_number = text.parse::<f64>().is_ok() || text == "-";
            let cell = Cell::new(text);
            if is_number {
                cell.set_alignment(CellAlignment::Right)
            } else {
                cell
            }
        }));
    }

    /// Adds a row in which nothing stands right.
    pub(crate) fn row_of_words<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.0
            .add_row(cells.into_iter().map(|cell| Cell::new(cell.into())));
    }

    /// The table as text. Names and numbers stay whole; only columns of words are wrapped.
    pub(crate) fn text(mut self) -> String {
        let is_words = |column: &Column| {
            self.0
                .column_cells_iter(column.index)
                .flatten()
                .any(|cell| cell.content().contains(' '))
        };
        let whole: Vec<usize> = self
            .0
            .column_iter()
            .filter(|column| !is_words(column))
            .map(|column| column.index)
            .collect();
        for index in whole {
            if let Some(column) = self.0.column_mut(index) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        self.0.trim_fmt()
    }
}
