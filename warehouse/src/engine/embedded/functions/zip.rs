//! `arrays_zip(a, b, …)`

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::Expr;

use super::super::{errors, types};
use super::columns::{self, Input};
use super::registry::{Call, Function, planned};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[planned("arrays_zip", 1..=usize::MAX, arrays_zip)];

/// Structs of the elements at the same places, their fields named by their number.
fn arrays_zip(call: Call<'_>) -> DfResult<Expr> {
    // Those of columns are named as the columns are spelled, which the plan does not tell.
    if call.args.iter().any(|arg| !arg.column_refs().is_empty()) {
        return Err(errors::carried(errors::unsupported("arrays_zip of columns")));
    }
    let mut fields = Vec::new();
    for position in 0..call.args.len() {
        match call.type_of(position)? {
            DataType::List(item) => fields.push(Field::new(position.to_string(), item.data_type().clone(), true)),
            _ => return Err(call.mismatch(position)),
        }
    }
    let returns = types::array(DataType::Struct(fields.into()));
    Ok(columns::call(call.name, returns, call.args, call.typed, zipped))
}

/// The shorter arrays go on with NULLs; NULL when one of them is.
fn zipped(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let lists: Vec<&ListArray> = input.columns.iter().map(|column| column.as_list::<i32>()).collect();
    let nulls = lists.iter().fold(None, |nulls, list| NullBuffer::union(nulls.as_ref(), list.nulls()));
    let mut lengths = Vec::new();
    let mut places: Vec<Vec<Option<u32>>> = vec![Vec::new(); lists.len()];
    for row in 0..input.rows {
        let there = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        let longest = lists.iter().map(|list| list.value_length(row)).max().filter(|_| there).unwrap_or(0);
        lengths.push(usize::try_from(longest).unwrap_or(0));
        for (list, places) in lists.iter().zip(&mut places) {
            let start = list.value_offsets()[row];
            let place = |at: i32| (at < list.value_length(row)).then(|| (start + at).cast_unsigned());
            places.extend((0..longest).map(place));
        }
    }
    let DataType::List(field) = input.returns else { return Err(errors::internal("an array of another type")) };
    let DataType::Struct(fields) = field.data_type() else {
        return Err(errors::internal("an array of other than structs"));
    };
    let items =
        lists.iter().zip(places).map(|(list, places)| Ok(take(list.values(), &UInt32Array::from(places), None)?));
    let items = StructArray::try_new(fields.clone(), items.collect::<Result<_, SqlError>>()?, None)?;
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), OffsetBuffer::from_lengths(lengths), Arc::new(items), nulls)?))
}
