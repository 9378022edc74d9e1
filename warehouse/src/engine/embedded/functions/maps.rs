//! Functions that make maps.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, MapArray, StringBuilder, StructArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{Expr, lit};

use super::super::{cast, errors, types};
use super::array::closest;
use super::columns::{self, Input};
use super::registry::{Call, Function, planned};
use super::row::Takes;
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("map_from_arrays", 2..=2, |call| match (call.type_of(0)?, call.type_of(1)?) {
        (DataType::List(key), DataType::List(value)) => {
            let returns = types::map(key.data_type().clone(), value.data_type().clone());
            Ok(columns::call(call.name, returns, call.args, call.typed, from_arrays))
        }
        (DataType::List(_), _) => Err(call.mismatch(1)),
        _ => Err(call.mismatch(0)),
    }),
    planned("map_from_entries", 1..=1, |call| match call.type_of(0)? {
        DataType::List(entry) => match entry.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => {
                let returns = types::map(pair[0].data_type().clone(), pair[1].data_type().clone());
                Ok(columns::call(call.name, returns, call.args, call.typed, from_entries))
            }
            _ => Err(call.mismatch(0)),
        },
        _ => Err(call.mismatch(0)),
    }),
    planned("map_concat", 0..=usize::MAX, map_concat),
    planned("str_to_map", 1..=3, str_to_map),
];

/// The types of a map's keys and values.
pub(super) fn pair(map: &DataType) -> Option<(DataType, DataType)> {
    let DataType::Map(entries, _) = map else { return None };
    match entries.data_type() {
        DataType::Struct(pair) if pair.len() == 2 => Some((pair[0].data_type().clone(), pair[1].data_type().clone())),
        _ => None,
    }
}

/// Fails when a row has a key twice, or NULL as one.
pub(super) fn unique(keys: &ArrayRef, offsets: &OffsetBuffer<i32>) -> Result<(), SqlError> {
    if keys.null_count() > 0 {
        return Err(SqlError::new("NULL_MAP_KEY", "2200E", "Cannot use null as map key."));
    }
    let rows =
        RowConverter::new(vec![SortField::new(keys.data_type().clone())])?.convert_columns(&[Arc::clone(keys)])?;
    let mut seen = std::collections::HashSet::new();
    for ends in offsets.windows(2) {
        seen.clear();
        for at in ends[0] as usize..ends[1] as usize {
            if !seen.insert(rows.row(at)) {
                return Err(SqlError::new(
                    "DUPLICATED_MAP_KEY",
                    "23505",
                    "Duplicate map key was found, please check the input data.",
                ));
            }
        }
    }
    Ok(())
}

/// A map of keys and values; rows that are NULL have none.
pub(super) fn made(
    returns: &DataType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, SqlError> {
    unique(&keys, &offsets)?;
    let DataType::Map(entries, sorted) = returns else { return Err(errors::internal("a map of another type")) };
    let DataType::Struct(fields) = entries.data_type() else { return Err(errors::internal("a map without keys")) };
    let pairs = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, pairs, nulls, *sorted)?))
}

/// Gathers elements of sources, so many for each row.
fn gathered(sources: &[&ArrayRef], picks: &[(usize, usize)]) -> Result<ArrayRef, SqlError> {
    if picks.is_empty() {
        return Ok(sources[0].slice(0, 0));
    }
    let sources: Vec<&dyn Array> = sources.iter().map(|source| source.as_ref()).collect();
    Ok(interleave(&sources, picks)?)
}

fn from_arrays(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let (keys, values) = (input.columns[0].as_list::<i32>(), input.columns[1].as_list::<i32>());
    let nulls = NullBuffer::union(keys.nulls(), values.nulls());
    let (mut lengths, mut of_keys, mut of_values) = (vec![], vec![], vec![]);
    for row in 0..input.rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            lengths.push(0);
            continue;
        }
        let length = keys.value_length(row);
        if length != values.value_length(row) {
            return Err(SqlError::new(
                "MAP_DATA_LENGTH_MISMATCH",
                "22023",
                "The key array and value array of MapData must have the same length.",
            ));
        }
        lengths.push(length as usize);
        for at in 0..length {
            of_keys.push((0, (keys.value_offsets()[row] + at) as usize));
            of_values.push((0, (values.value_offsets()[row] + at) as usize));
        }
    }
    let (keys, values) = (gathered(&[keys.values()], &of_keys)?, gathered(&[values.values()], &of_values)?);
    made(input.returns, OffsetBuffer::from_lengths(lengths), keys, values, nulls)
}

/// NULL when one of the entries is.
fn from_entries(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let list = input.columns[0].as_list::<i32>();
    let entries = list.values().as_struct();
    let (mut lengths, mut picks, mut there) = (vec![], vec![], vec![]);
    for row in 0..input.rows {
        let places = list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
        let is_there = list.is_valid(row) && places.clone().all(|at| entries.is_valid(at));
        there.push(is_there);
        lengths.push(if is_there { places.len() } else { 0 });
        if is_there {
            picks.extend(places.map(|at| (0, at)));
        }
    }
    let (keys, values) = (gathered(&[entries.column(0)], &picks)?, gathered(&[entries.column(1)], &picks)?);
    made(input.returns, OffsetBuffer::from_lengths(lengths), keys, values, Some(there.into()))
}

fn map_concat(call: Call<'_>) -> DfResult<Expr> {
    if call.args.is_empty() {
        return Err(errors::carried(errors::unsupported("map_concat of nothing")));
    }
    let mut common: Option<(DataType, DataType)> = None;
    for position in 0..call.args.len() {
        let Some((key, value)) = pair(&call.type_of(position)?) else { return Err(call.mismatch(position)) };
        common = match common {
            None => Some((key, value)),
            Some((keys, values)) => match (closest(&keys, &key), closest(&values, &value)) {
                (Some(key), Some(value)) => Some((key, value)),
                _ => return Err(errors::carried(errors::unsupported("map_concat of maps of such different types"))),
            },
        };
    }
    let (key, value) = common.unwrap_or((DataType::Utf8, DataType::Utf8));
    Ok(columns::call(call.name, types::map(key, value), call.args, call.typed, concatenated))
}

fn concatenated(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let Some((key, value)) = pair(input.returns) else { return Err(errors::internal("a map of another type")) };
    let maps: Vec<&MapArray> = input.columns.iter().map(|column| column.as_map()).collect();
    let cast = |array: &ArrayRef, to: &DataType| cast::convert(array, to, input.zone, cast::Failure::Error);
    let keys = maps.iter().map(|map| cast(map.keys(), &key)).collect::<Result<Vec<_>, _>>()?;
    let values = maps.iter().map(|map| cast(map.values(), &value)).collect::<Result<Vec<_>, _>>()?;
    let (mut lengths, mut picks, mut there) = (vec![], vec![], vec![]);
    for row in 0..input.rows {
        let is_there = maps.iter().all(|map| map.is_valid(row));
        there.push(is_there);
        let before = picks.len();
        for (source, map) in maps.iter().enumerate().filter(|_| is_there) {
            let places = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
            picks.extend(places.map(|at| (source, at)));
        }
        lengths.push(picks.len() - before);
    }
    let keys = gathered(&keys.iter().collect::<Vec<_>>(), &picks)?;
    let values = gathered(&values.iter().collect::<Vec<_>>(), &picks)?;
    made(input.returns, OffsetBuffer::from_lengths(lengths), keys, values, Some(there.into()))
}

fn str_to_map(mut call: Call<'_>) -> DfResult<Expr> {
    for default in [",", ":"].iter().skip(call.args.len() - 1) {
        call.args.push(lit(*default));
    }
    let args = (0..3).map(|position| call.taken(position, Takes::Text)).collect::<DfResult<_>>()?;
    Ok(columns::call(call.name, types::map(DataType::Utf8, DataType::Utf8), args, call.typed, split))
}

/// Pairs between one pattern, of a key and a value with another between them.
fn split(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let text = |at: usize| input.columns[at].as_string::<i32>();
    let (mut keys, mut values) = (StringBuilder::new(), StringBuilder::new());
    let (mut lengths, mut there) = (vec![], vec![]);
    for row in 0..input.rows {
        let is_there = input.columns.iter().all(|column| column.is_valid(row));
        there.push(is_there);
        if !is_there {
            lengths.push(0);
            continue;
        }
        let plain = |at: usize| match text(at).value(row) {
            delimiter if delimiter.is_empty() || delimiter.contains(|c: char| ".\\^$|()[]{}*+?".contains(c)) => {
                Err(errors::unsupported("str_to_map with a delimiter that is a pattern"))
            }
            delimiter => Ok(delimiter),
        };
        let (between, within) = (plain(1)?, plain(2)?);
        let mut count = 0;
        for part in text(0).value(row).split(between) {
            let (key, value) = part.split_once(within).map_or((part, None), |(key, value)| (key, Some(value)));
            keys.append_value(key);
            values.append_option(value);
            count += 1;
        }
        lengths.push(count);
    }
    let (keys, values) = (Arc::new(keys.finish()), Arc::new(values.finish()));
    made(input.returns, OffsetBuffer::from_lengths(lengths), keys, values, Some(there.into()))
}
