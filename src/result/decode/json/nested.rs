//! Cells that are JSON: arrays, maps and structs. What they contain becomes cells again, so that one conversion serves every depth.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, FieldRef, Fields};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Cell, Unreadable, array};

pub(super) fn list(element: &FieldRef, cells: &[Cell<'_>]) -> Result<ArrayRef, Unreadable> {
    let mut elements = Vec::new();
    let mut lengths = Vec::with_capacity(cells.len());
    for cell in cells {
        let values: Vec<&RawValue> = read(cell)?.unwrap_or_default();
        lengths.push(values.len());
        for value in values {
            elements.push(Cell { row: cell.row, text: text(value, cell.row)? });
        }
    }
    let values = array(element, &elements)?;
    ListArray::try_new(Arc::clone(element), offsets(&lengths)?, values, nulls(cells)).map_err(unfit).map(shared)
}

pub(super) fn map(entries: &FieldRef, cells: &[Cell<'_>]) -> Result<ArrayRef, Unreadable> {
    let DataType::Struct(fields) = entries.data_type() else { return Err(Unreadable(0)) };
    let [key, value] = fields.as_ref() else { return Err(Unreadable(0)) };
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    let mut lengths = Vec::with_capacity(cells.len());
    for cell in cells {
        let Object(members) = read(cell)?.unwrap_or_default();
        lengths.push(members.len());
        for (name, member) in members {
            keys.push(Cell { row: cell.row, text: Some(name) });
            values.push(Cell { row: cell.row, text: text(member, cell.row)? });
        }
    }
    let columns = vec![array(key, &keys)?, array(value, &values)?];
    let columns = StructArray::try_new(fields.clone(), columns, None).map_err(unfit)?;
    MapArray::try_new(Arc::clone(entries), offsets(&lengths)?, columns, nulls(cells), false).map_err(unfit).map(shared)
}

pub(super) fn structs(fields: &Fields, cells: &[Cell<'_>]) -> Result<ArrayRef, Unreadable> {
    let mut columns = vec![Vec::with_capacity(cells.len()); fields.len()];
    for cell in cells {
        let Object(mut members) = read(cell)?.unwrap_or_default();
        for (field, column) in fields.iter().zip(&mut columns) {
            let at = members.iter().position(|(name, _)| name == field.name());
            // A field that is null may be left out, but for one of several of a name: which of them it is would be a guess.
            if at.is_none()
                && cell.text.is_some()
                && fields.iter().filter(|other| other.name() == field.name()).count() > 1
            {
                return Err(Unreadable(cell.row));
            }
            let member = at.map(|at| text(members.remove(at).1, cell.row)).transpose()?.flatten();
            column.push(Cell { row: cell.row, text: member });
        }
        if !members.is_empty() {
            return Err(Unreadable(cell.row));
        }
    }
    let arrays = fields.iter().zip(&columns).map(|(field, column)| array(field, column));
    let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new_with_length(fields.clone(), arrays, nulls(cells), cells.len()).map_err(unfit).map(shared)
}

fn read<'a, T: Deserialize<'a>>(cell: &'a Cell<'_>) -> Result<Option<T>, Unreadable> {
    cell.text.as_deref().map(|text| serde_json::from_str(text).map_err(|_| Unreadable(cell.row))).transpose()
}

/// A JSON value as a cell's text: texts without their quotes, all else as it is written, so that no digit is lost.
fn text(value: &RawValue, row: usize) -> Result<Option<Cow<'_, str>>, Unreadable> {
    match value.get() {
        "null" => Ok(None),
        quoted if quoted.starts_with('"') => {
            serde_json::from_str(quoted).map(|text: String| Some(Cow::Owned(text))).map_err(|_| Unreadable(row))
        }
        bare => Ok(Some(Cow::Borrowed(bare))),
    }
}

fn offsets(lengths: &[usize]) -> Result<OffsetBuffer<i32>, Unreadable> {
    let total: usize = lengths.iter().sum();
    i32::try_from(total).map_err(|_| Unreadable(0))?;
    Ok(OffsetBuffer::from_lengths(lengths.iter().copied()))
}

fn nulls(cells: &[Cell<'_>]) -> Option<NullBuffer> {
    let nulls = NullBuffer::from_iter(cells.iter().map(|cell| cell.text.is_some()));
    (nulls.null_count() > 0).then_some(nulls)
}

fn unfit(_: arrow_schema::ArrowError) -> Unreadable {
    Unreadable(0)
}

fn shared(array: impl Array + 'static) -> ArrayRef {
    Arc::new(array)
}

/// An object's members in their order.
#[derive(Default)]
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for Members<'a> {
    type Value = Object<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'a>, A::Error> {
        let mut members = Vec::new();
        while let Some((name, member)) = map.next_entry::<String, &RawValue>()? {
            members.push((Cow::Owned(name), member));
        }
        Ok(Object(members))
    }
}
