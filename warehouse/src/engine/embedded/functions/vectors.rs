//! Functions of vectors, which are arrays of FLOAT.

use std::sync::Arc;

use datafusion::arrow::array::types::Float32Type;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array, ListArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{Expr, lit};

use super::super::{errors, types};
use super::columns::{self, Input};
use super::registry::{Call, Function, planned};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("vector_inner_product", 2..=2, |call| of_two(call, |input| distances(input, inner_product))),
    planned("vector_l2_distance", 2..=2, |call| of_two(call, |input| distances(input, distance))),
    planned("vector_cosine_similarity", 2..=2, |call| of_two(call, |input| distances(input, cosine))),
    planned("vector_norm", 1..=2, |call| of_norm(call, DataType::Float32, norms)),
    planned("vector_normalize", 1..=2, |call| of_norm(call, types::array(DataType::Float32), normalized)),
];

fn is_vector(found: &DataType) -> bool {
    matches!(found, DataType::List(item) if item.data_type() == &DataType::Float32)
}

fn of_two(call: Call<'_>, body: columns::Body) -> DfResult<Expr> {
    match (0..2).find(|position| call.type_of(*position).is_ok_and(|found| !is_vector(&found))) {
        Some(position) => Err(call.mismatch(position)),
        None => Ok(columns::call(call.name, DataType::Float32, call.args, call.typed, body)),
    }
}

fn of_norm(mut call: Call<'_>, returns: DataType, body: columns::Body) -> DfResult<Expr> {
    if !is_vector(&call.type_of(0)?) {
        return Err(call.mismatch(0));
    }
    if call.args.len() == 1 {
        call.args.push(lit(2.0_f32));
    }
    if call.type_of(1)? != DataType::Float32 {
        return Err(call.mismatch(1));
    }
    Ok(columns::call(call.name, returns, call.args, call.typed, body))
}

/// A sum in FLOAT, eight values at a time, as the reference adds them.
fn sum(values: impl Iterator<Item = f32>) -> f32 {
    let values: Vec<f32> = values.collect();
    let (eights, rest) = values.as_chunks::<8>();
    let of_eights =
        eights.iter().fold(0.0, |sum: f32, eight| sum + eight[1..].iter().fold(eight[0], |part, value| part + value));
    rest.iter().fold(of_eights, |sum, value| sum + value)
}

fn inner_product(left: &[f32], right: &[f32]) -> Option<f32> {
    Some(sum(left.iter().zip(right).map(|(left, right)| left * right)))
}

fn distance(left: &[f32], right: &[f32]) -> Option<f32> {
    Some(sum(left.iter().zip(right).map(|(left, right)| (left - right) * (left - right))).sqrt())
}

/// NULL where a vector has no direction.
fn cosine(left: &[f32], right: &[f32]) -> Option<f32> {
    let squares = |vector: &[f32]| sum(vector.iter().map(|value| value * value));
    let length = (squares(left) * squares(right)).sqrt();
    (length != 0.0).then(|| inner_product(left, right).unwrap_or_default() / length)
}

/// The values of a vector; `None` when it, or one of them, is NULL.
fn vector(lists: &ListArray, row: usize) -> Option<Vec<f32>> {
    let values = lists.is_valid(row).then(|| lists.value(row))?;
    (values.null_count() == 0).then(|| values.as_primitive::<Float32Type>().values().to_vec())
}

fn distances(input: &Input<'_>, measure: fn(&[f32], &[f32]) -> Option<f32>) -> Result<ArrayRef, SqlError> {
    let (left, right) = (input.columns[0].as_list::<i32>(), input.columns[1].as_list::<i32>());
    let measured = |row: usize| {
        if left.is_null(row) || right.is_null(row) {
            return Ok(None);
        }
        let (own, other) = (left.value_length(row), right.value_length(row));
        if own != other {
            return Err(SqlError::new(
                "VECTOR_DIMENSION_MISMATCH",
                "22000",
                format!("Vectors must have the same dimension, but got {own} and {other}."),
            ));
        }
        let both = vector(left, row).zip(vector(right, row));
        Ok(both.and_then(|(left, right)| measure(&left, &right)))
    };
    Ok(Arc::new((0..input.rows).map(measured).collect::<Result<Float32Array, SqlError>>()?))
}

fn norm(vector: &[f32], degree: f32) -> Result<f32, SqlError> {
    Ok(match degree {
        1.0 => sum(vector.iter().map(|value| value.abs())),
        2.0 => sum(vector.iter().map(|value| value * value)).sqrt(),
        f32::INFINITY => vector.iter().fold(0.0, |most: f32, value| most.max(value.abs())),
        degree => {
            return Err(SqlError::new(
                "INVALID_VECTOR_NORM_DEGREE",
                "22023",
                format!("For a vector's norm, degree must be 1.0, 2.0, or float('inf'), but got {degree}."),
            ));
        }
    })
}

/// A vector and its norm; `None` where there is NULL.
type WithNorm = Option<(Vec<f32>, f32)>;

fn with_norms(input: &Input<'_>) -> Result<Vec<WithNorm>, SqlError> {
    let (lists, degrees) = (input.columns[0].as_list::<i32>(), input.columns[1].as_primitive::<Float32Type>());
    let of = |row: usize| {
        let Some(vector) = vector(lists, row).filter(|_| degrees.is_valid(row)) else { return Ok(None) };
        let norm = norm(&vector, degrees.value(row))?;
        Ok(Some((vector, norm)))
    };
    (0..input.rows).map(of).collect()
}

fn norms(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let norms = with_norms(input)?.into_iter().map(|vector| vector.map(|(_, norm)| norm));
    Ok(Arc::new(norms.collect::<Float32Array>()))
}

/// Vectors of length one; NULL for those without a length, but for empty ones.
fn normalized(input: &Input<'_>) -> Result<ArrayRef, SqlError> {
    let DataType::List(field) = input.returns else { return Err(errors::internal("an array of another type")) };
    let vectors: Vec<Option<Vec<f32>>> = with_norms(input)?
        .into_iter()
        .map(|vector| {
            let (vector, norm) = vector.filter(|(vector, norm)| *norm != 0.0 || vector.is_empty())?;
            Some(vector.into_iter().map(|value| value / norm).collect())
        })
        .collect();
    let offsets = OffsetBuffer::from_lengths(vectors.iter().map(|vector| vector.as_ref().map_or(0, Vec::len)));
    let nulls: NullBuffer = vectors.iter().map(Option::is_some).collect();
    let values: Float32Array = vectors.into_iter().flatten().flatten().map(Some).collect();
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, Arc::new(values), Some(nulls))?))
}
