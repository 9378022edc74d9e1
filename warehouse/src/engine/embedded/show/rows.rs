//! Answers made of a few rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int32Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType, Field, Schema};
use futures::{StreamExt, stream};

use crate::engine::{Answer, Column, SqlError};

/// A column of such an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading {
    name: &'static str,
    kind: Kind,
    nullable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Flag,
    Number,
}

impl Heading {
    /// STRING NOT NULL
    pub(super) const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text, nullable: false }
    }

    /// BOOLEAN NOT NULL
    pub(super) const fn flag(name: &'static str) -> Self {
        Self { name, kind: Kind::Flag, nullable: false }
    }

    /// INT NOT NULL
    pub(super) const fn number(name: &'static str) -> Self {
        Self { name, kind: Kind::Number, nullable: false }
    }

    /// The same column where values may be NULL.
    pub(super) const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    fn column(&self) -> Column {
        let sql_type = match self.kind {
            Kind::Text => "STRING",
            Kind::Flag => "BOOLEAN",
            Kind::Number => "INT",
        };
        Column { name: self.name.to_owned(), sql_type: sql_type.to_owned(), nullable: self.nullable }
    }

    fn field(&self) -> Field {
        let data_type = match self.kind {
            Kind::Text => DataType::Utf8,
            Kind::Flag => DataType::Boolean,
            Kind::Number => DataType::Int32,
        };
        Field::new(self.name, data_type, self.nullable)
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Flag(bool),
    Number(i32),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Self {
        Self::Number(number)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The answer with these columns and rows, in one batch.
pub(super) fn answer(headings: &[Heading], rows: &[Vec<Cell>]) -> Result<Answer, SqlError> {
    let schema = Schema::new(headings.iter().map(Heading::field).collect::<Vec<_>>());
    let arrays = headings.iter().enumerate().map(|(at, heading)| array(heading, rows, at)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)
        .map_err(|error| SqlError::new("INTERNAL_ERROR", "XX000", error.to_string()))?;
    Ok(Answer {
        columns: headings.iter().map(Heading::column).collect(),
        batches: stream::iter((!rows.is_empty()).then_some(Ok(batch))).boxed(),
    })
}

fn array(heading: &Heading, rows: &[Vec<Cell>], at: usize) -> ArrayRef {
    let cells = rows.iter().map(|row| row.get(at));
    match heading.kind {
        Kind::Text => Arc::new(StringArray::from_iter(cells.map(|cell| match cell {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }))),
        Kind::Flag => Arc::new(BooleanArray::from_iter(cells.map(|cell| match cell {
            Some(Cell::Flag(flag)) => Some(*flag),
            _ => None,
        }))),
        Kind::Number => Arc::new(Int32Array::from_iter(cells.map(|cell| match cell {
            Some(Cell::Number(number)) => Some(*number),
            _ => None,
        }))),
    }
}
