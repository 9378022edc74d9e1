//! What the aggregates that gather their values make of them.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::types::{Float64Type, Int64Type};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray, UInt32Array, make_comparator};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{SortOptions, filter, is_not_null, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::ScalarValue;

use super::super::errors;
use crate::engine::SqlError;

type Outcome = Result<ScalarValue, SqlError>;

fn null(returns: &DataType) -> Outcome {
    Ok(ScalarValue::try_from(returns)?)
}

fn value(column: &ArrayRef, row: Option<usize>, returns: &DataType) -> Outcome {
    match row {
        Some(row) => Ok(ScalarValue::try_from_array(column, row)?),
        None => null(returns),
    }
}

/// An array of some rows of a column.
fn list(column: &ArrayRef, rows: Vec<usize>, returns: &DataType) -> Outcome {
    let rows: UInt32Array = rows.into_iter().map(|row| u32::try_from(row).ok()).collect();
    list_of(take(column, &rows, None)?, returns)
}

fn list_of(values: ArrayRef, returns: &DataType) -> Outcome {
    let DataType::List(field) = returns else { return Err(errors::internal("an array of another type")) };
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    Ok(ScalarValue::List(Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, None)?)))
}

fn valid(column: &ArrayRef) -> impl Iterator<Item = usize> + '_ {
    (0..column.len()).filter(|row| column.is_valid(*row))
}

/// The rows of a column that are not NULL, by their value.
fn ordered(column: &ArrayRef, descending: bool) -> Result<Vec<usize>, SqlError> {
    let order = make_comparator(column.as_ref(), column.as_ref(), SortOptions { descending, nulls_first: false })?;
    let mut rows: Vec<usize> = valid(column).collect();
    rows.sort_by(|left, right| order(*left, *right));
    Ok(rows)
}

pub(super) fn collect_list(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    list_of(filter(&columns[0], &is_not_null(&columns[0])?)?, returns)
}

pub(super) fn collect_set(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    let rows =
        RowConverter::new(vec![SortField::new(columns[0].data_type().clone())])?.convert_columns(&columns[..1])?;
    let mut seen = std::collections::HashSet::new();
    list(&columns[0], valid(&columns[0]).filter(|row| seen.insert(rows.row(*row))).collect(), returns)
}

/// The row with the largest or the smallest key; the last of those that are alike.
fn by_key(columns: &[ArrayRef], returns: &DataType, largest: bool) -> Outcome {
    let keys = &columns[1];
    let order = make_comparator(keys.as_ref(), keys.as_ref(), SortOptions::default())?;
    let better = |left: usize, right: usize| match order(left, right) {
        Ordering::Equal => true,
        Ordering::Less => largest,
        Ordering::Greater => !largest,
    };
    value(&columns[0], valid(keys).reduce(|best, row| if better(best, row) { row } else { best }), returns)
}

/// The `k` rows with the largest or the smallest keys.
fn by_keys(columns: &[ArrayRef], returns: &DataType, largest: bool) -> Outcome {
    let rows = ordered(&columns[1], largest)?;
    let Some(first) = (!columns[2].is_empty()).then(|| columns[2].as_primitive::<Int64Type>().value(0)) else {
        return null(returns);
    };
    match usize::try_from(first) {
        Ok(count @ 1..=100_000) if !rows.is_empty() => {
            list(&columns[0], rows.into_iter().take(count).collect(), returns)
        }
        Ok(1..=100_000) => null(returns),
        _ => Err(errors::unsupported("max_by and min_by of so many values")),
    }
}

pub(super) fn max_by(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    if columns.len() > 2 { by_keys(columns, returns, true) } else { by_key(columns, returns, true) }
}

pub(super) fn min_by(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    if columns.len() > 2 { by_keys(columns, returns, false) } else { by_key(columns, returns, false) }
}

fn bits(columns: &[ArrayRef], returns: &DataType, combine: fn(i64, i64) -> i64) -> Outcome {
    let combined = columns[0].as_primitive::<Int64Type>().iter().flatten().reduce(combine);
    Ok(ScalarValue::Int64(combined).cast_to(returns)?)
}

pub(super) fn bit_and(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    bits(columns, returns, |left, right| left & right)
}

pub(super) fn bit_or(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    bits(columns, returns, |left, right| left | right)
}

pub(super) fn bit_xor(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    bits(columns, returns, |left, right| left ^ right)
}

/// The value that is there most often; of several the least when that is asked for, or the greatest.
pub(super) fn mode(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let order = make_comparator(columns[0].as_ref(), columns[0].as_ref(), SortOptions::default())?;
    for row in ordered(&columns[0], false)? {
        match runs.last_mut() {
            Some((first, count)) if order(*first, row) == Ordering::Equal => *count += 1,
            _ => runs.push((row, 1)),
        }
    }
    let most = runs.iter().map(|(_, count)| *count).max();
    let mut best: Vec<usize> = runs.into_iter().filter(|(_, count)| Some(*count) == most).map(|(row, _)| row).collect();
    if best.len() > 1 {
        match columns.get(1).map(|asked| asked.as_boolean().value(0)) {
            None => return Err(errors::unsupported("mode of values of which several are there most often")),
            Some(false) => {}
            Some(true) => best.reverse(),
        }
    }
    value(&columns[0], best.first().copied(), returns)
}

/// The values of a DOUBLE column in their order.
fn doubles(column: &ArrayRef) -> Vec<f64> {
    let mut values: Vec<f64> = column.as_primitive::<Float64Type>().iter().flatten().collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value at a part of the way through ordered values, between its neighbours.
fn interpolated(values: &[f64], part: f64) -> f64 {
    let position = (values.len() - 1) as f64 * part;
    let (lower, upper) = (position.floor(), position.ceil());
    let (low, high) = (values[lower as usize], values[upper as usize]);
    if lower == upper || low == high { low } else { (upper - position) * low + (position - lower) * high }
}

/// The first value of which so large a part is no greater.
fn discrete(values: &[f64], part: f64) -> f64 {
    let position = (values.len() as f64 * part).ceil() as usize;
    values[position.saturating_sub(1)]
}

fn of_parts(columns: &[ArrayRef], returns: &DataType, at: fn(&[f64], f64) -> f64) -> Outcome {
    let mut values = doubles(&columns[0]);
    if values.is_empty() {
        return null(returns);
    }
    if columns.get(2).is_some_and(|descending| descending.as_boolean().value(0)) {
        values.reverse();
    }
    let part = |part: f64| match (0.0..=1.0).contains(&part) {
        true => Ok(at(&values, part)),
        false => Err(errors::unsupported("a percentage outside of 0 to 1")),
    };
    match columns[1].data_type() {
        DataType::List(_) => {
            let parts = columns[1].as_list::<i32>().value(0);
            let found = parts.as_primitive::<Float64Type>().values().iter().map(|parts| part(*parts));
            list_of(Arc::new(found.collect::<Result<Vec<f64>, SqlError>>().map(Float64Array::from)?), returns)
        }
        _ if columns[1].is_null(0) => null(returns),
        _ => Ok(ScalarValue::Float64(Some(part(columns[1].as_primitive::<Float64Type>().value(0))?))),
    }
}

pub(super) fn percentile(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    of_parts(columns, returns, interpolated)
}

pub(super) fn percentile_disc(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    of_parts(columns, returns, discrete)
}

pub(super) fn median(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    let values = doubles(&columns[0]);
    if values.is_empty() { null(returns) } else { Ok(ScalarValue::Float64(Some(interpolated(&values, 0.5)))) }
}

/// Exact as long as the sketch of the reference is.
pub(super) fn percentile_approx(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    let rows = ordered(&columns[0], false)?;
    if rows.is_empty() {
        return null(returns);
    }
    let accuracy = columns.get(2).map_or(10_000, |accuracy| accuracy.as_primitive::<Int64Type>().value(0));
    if i64::try_from(rows.len()).is_ok_and(|rows| rows > accuracy.min(10_000)) {
        return Err(errors::unsupported("percentile_approx of more values than its accuracy"));
    }
    let at = |part: f64| match (0.0..=1.0).contains(&part) {
        true => Ok(rows[((rows.len() as f64 * part).ceil() as usize).saturating_sub(1)]),
        false => Err(errors::unsupported("a percentage outside of 0 to 1")),
    };
    match columns[1].data_type() {
        DataType::List(_) => {
            let parts = columns[1].as_list::<i32>().value(0);
            let found = parts.as_primitive::<Float64Type>().values().iter().map(|part| at(*part));
            list(&columns[0], found.collect::<Result<_, SqlError>>()?, returns)
        }
        _ => value(&columns[0], Some(at(columns[1].as_primitive::<Float64Type>().value(0))?), returns),
    }
}

/// Pairs of numbers without NULL, of the first and of the second half of the rows: the reference computes each by itself.
fn halves(columns: &[ArrayRef]) -> [Vec<(f64, f64)>; 2] {
    let (left, right) = (columns[0].as_primitive::<Float64Type>(), columns[1].as_primitive::<Float64Type>());
    let half = left.len() / 2;
    let there = |at: usize| (left.is_valid(at) && right.is_valid(at)).then(|| (left.value(at), right.value(at)));
    [(0..half).filter_map(there).collect(), (half..left.len()).filter_map(there).collect()]
}

/// Averages and sums of products of distances from them, of `(y, x)`.
#[derive(Default)]
struct Moments {
    count: f64,
    average: (f64, f64),
    squares: (f64, f64),
    product: f64,
}

impl Moments {
    fn of(columns: &[ArrayRef]) -> Self {
        let [first, second] = halves(columns).map(|pairs| Self::of_half(&pairs));
        first.merged(&second)
    }

    // Value by value, as the reference does, for the last digits.
    fn of_half(pairs: &[(f64, f64)]) -> Self {
        let mut all = Self::default();
        for (y, x) in pairs {
            all.count += 1.0;
            let (dy, dx) = (y - all.average.0, x - all.average.1);
            let (part_y, part_x) = (dy / all.count, dx / all.count);
            all.average.0 += part_y;
            all.average.1 += part_x;
            all.product += dy * (x - all.average.1);
            all.squares.0 += dy * (y - all.average.0);
            all.squares.1 += dx * (x - all.average.1);
        }
        all
    }

    fn merged(&self, other: &Self) -> Self {
        let count = self.count + other.count;
        if count == 0.0 {
            return Self::default();
        }
        let (dy, dx) = (other.average.0 - self.average.0, other.average.1 - self.average.1);
        let (part_y, part_x) = (dy / count, dx / count);
        let (n, m) = (self.count, other.count);
        Self {
            count,
            average: (self.average.0 + part_y * m, self.average.1 + part_x * m),
            squares: (
                self.squares.0 + other.squares.0 + dy * part_y * n * m,
                self.squares.1 + other.squares.1 + dx * part_x * n * m,
            ),
            product: self.product + other.product + dy * part_x * n * m,
        }
    }
}

/// A sum to twice the digits of a DOUBLE.
#[derive(Clone, Copy, Default)]
struct Exact(f64, f64);

impl Exact {
    fn plus(self, value: f64) -> Self {
        let sum = self.0 + value;
        let part = sum - self.0;
        let lost = (self.0 - (sum - part)) + (value - part);
        Self(sum, self.1 + lost)
    }

    fn plus_product(self, left: f64, right: f64) -> Self {
        let product = left * right;
        let lost = left.mul_add(right, -product);
        let sum = self.plus(product);
        Self(sum.0, sum.1 + lost)
    }

    fn value(self) -> f64 {
        self.0 + self.1
    }
}

/// Averages of `(y, x)`, and the sums of the products of distances from them: of `y`, of `x`, and of both.
fn spreads(columns: &[ArrayRef]) -> Option<([f64; 2], [f64; 3])> {
    let pairs = halves(columns).concat();
    let count = pairs.len() as f64;
    if pairs.is_empty() {
        return None;
    }
    let average = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).fold(Exact::default(), Exact::plus).value() / count;
    let (y, x) = (average(|pair| pair.0), average(|pair| pair.1));
    let distances = |(own_y, own_x): &(f64, f64)| (own_y - y, own_x - x);
    let sum = |of: fn((f64, f64)) -> (f64, f64)| {
        let add = |sum: Exact, pair: &(f64, f64)| {
            let (left, right) = of(distances(pair));
            sum.plus_product(left, right)
        };
        pairs.iter().fold(Exact::default(), add).value()
    };
    // What rounding the averages has left over.
    let left = |of: fn((f64, f64)) -> f64| {
        pairs.iter().map(|pair| of(distances(pair))).fold(Exact::default(), Exact::plus).value()
    };
    let (rest_y, rest_x) = (left(|pair| pair.0), left(|pair| pair.1));
    let sums = [
        sum(|(dy, _)| (dy, dy)) - rest_y * rest_y / count,
        sum(|(_, dx)| (dx, dx)) - rest_x * rest_x / count,
        sum(|(dy, dx)| (dy, dx)) - rest_y * rest_x / count,
    ];
    Some(([y, x], sums))
}

fn double(value: Option<f64>) -> Outcome {
    Ok(ScalarValue::Float64(value))
}

pub(super) fn corr(columns: &[ArrayRef], _: &DataType) -> Outcome {
    let all = Moments::of(columns);
    match (all.squares.0 * all.squares.1).sqrt() {
        _ if all.count < 2.0 => double(None),
        0.0 => Err(errors::divide_by_zero()),
        spread => double(Some(all.product / spread)),
    }
}

pub(super) fn regr_count(columns: &[ArrayRef], _: &DataType) -> Outcome {
    Ok(ScalarValue::Int64(i64::try_from(halves(columns).concat().len()).ok()))
}

pub(super) fn regr_avgx(columns: &[ArrayRef], _: &DataType) -> Outcome {
    average(halves(columns).concat().into_iter().map(|(_, x)| x))
}

pub(super) fn regr_avgy(columns: &[ArrayRef], _: &DataType) -> Outcome {
    average(halves(columns).concat().into_iter().map(|(y, _)| y))
}

fn average(values: impl Iterator<Item = f64>) -> Outcome {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    double((count > 0.0).then(|| sum / count))
}

pub(super) fn regr_sxx(columns: &[ArrayRef], _: &DataType) -> Outcome {
    double(spreads(columns).map(|(_, [_, x, _])| x))
}

pub(super) fn regr_syy(columns: &[ArrayRef], _: &DataType) -> Outcome {
    double(spreads(columns).map(|(_, [y, _, _])| y))
}

pub(super) fn regr_sxy(columns: &[ArrayRef], _: &DataType) -> Outcome {
    double(spreads(columns).map(|(_, [_, _, both])| both))
}

fn slope([_, x, both]: [f64; 3]) -> Option<f64> {
    (x != 0.0).then(|| both / x)
}

pub(super) fn regr_slope(columns: &[ArrayRef], _: &DataType) -> Outcome {
    double(spreads(columns).and_then(|(_, sums)| slope(sums)))
}

pub(super) fn regr_intercept(columns: &[ArrayRef], _: &DataType) -> Outcome {
    double(spreads(columns).and_then(|([y, x], sums)| slope(sums).map(|slope| y - slope * x)))
}

/// How much of the spread of y that of x tells.
pub(super) fn regr_r2(columns: &[ArrayRef], _: &DataType) -> Outcome {
    let all = Moments::of(columns);
    double(match (all.squares.0, all.squares.1) {
        _ if all.count < 2.0 => None,
        (_, 0.0) => None,
        (0.0, _) => Some(1.0),
        (y, x) => Some((all.product / (y * x).sqrt()).powi(2)),
    })
}

/// How many numbers there are, their average, and their second, third and fourth moments.
fn moments(columns: &[ArrayRef]) -> (f64, [f64; 3]) {
    let column = columns[0].as_primitive::<Float64Type>();
    let half = column.len() / 2;
    let of = |rows: std::ops::Range<usize>| {
        let (mut n, mut average, mut m2, mut m3, mut m4) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for value in rows.filter(|row| column.is_valid(*row)).map(|row| column.value(row)) {
            n += 1.0;
            let delta = value - average;
            let part = delta / n;
            average += part;
            m2 += delta * (delta - part);
            let (squared, part_squared) = (delta * delta, part * part);
            m3 = m3 - 3.0 * part * m2 + delta * (squared - part_squared);
            m4 = m4 - 4.0 * part * m3 - 6.0 * part_squared * m2 + delta * (delta * squared - part * part_squared);
        }
        (n, average, m2, m3, m4)
    };
    // As the reference computes two parts of the rows by themselves and puts them together.
    let (left, right) = (of(0..half), of(half..column.len()));
    let (n, m) = (left.0, right.0);
    let count = n + m;
    let delta = right.1 - left.1;
    let part = if count == 0.0 { 0.0 } else { delta / count };
    let m2 = left.2 + right.2 + delta * part * n * m;
    let m3 = left.3 + right.3 + part * part * delta * n * m * (n - m) + 3.0 * part * (n * right.2 - m * left.2);
    let m4 = left.4
        + right.4
        + part * part * part * delta * n * m * (n * n - n * m + m * m)
        + 6.0 * part * part * (n * n * right.2 + m * m * left.2)
        + 4.0 * part * (n * right.3 - m * left.3);
    (count, [m2, m3, m4])
}

pub(super) fn skewness(columns: &[ArrayRef], _: &DataType) -> Outcome {
    let (count, [m2, m3, _]) = moments(columns);
    double((count > 0.0 && m2 != 0.0).then(|| f64::sqrt(count) * m3 / (m2 * m2 * m2).sqrt()))
}

pub(super) fn kurtosis(columns: &[ArrayRef], _: &DataType) -> Outcome {
    let (count, [m2, _, m4]) = moments(columns);
    double((count > 0.0 && m2 != 0.0).then(|| count * m4 / (m2 * m2) - 3.0))
}

/// Texts or bytes behind each other, with a delimiter between them; in an order when the last two arguments give one.
pub(super) fn listagg(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    let rows: Vec<usize> = match columns {
        [_, _, keys, descending] => {
            let descending = !descending.is_empty() && descending.as_boolean().value(0);
            let options = SortOptions { descending, nulls_first: !descending };
            let order = make_comparator(keys.as_ref(), keys.as_ref(), options)?;
            let mut rows: Vec<usize> = valid(&columns[0]).collect();
            rows.sort_by(|left, right| order(*left, *right));
            rows
        }
        _ => valid(&columns[0]).collect(),
    };
    if rows.is_empty() {
        return null(returns);
    }
    if !columns[1].is_null(0) && columns[0].data_type() != columns[1].data_type() {
        let found = [columns[0].data_type().clone(), columns[1].data_type().clone()];
        return Err(super::different_types("listagg", &found).into());
    }
    if returns == &DataType::Binary {
        let bytes = |column: &ArrayRef, row: usize| column.as_binary::<i32>().value(row).to_vec();
        let delimiter = if columns[1].is_null(0) { vec![] } else { bytes(&columns[1], 0) };
        let parts: Vec<Vec<u8>> = rows.into_iter().map(|row| bytes(&columns[0], row)).collect();
        return Ok(ScalarValue::Binary(Some(parts.join(delimiter.as_slice()))));
    }
    let delimiter = if columns[1].is_null(0) { "" } else { columns[1].as_string::<i32>().value(0) };
    let parts: Vec<&str> = rows.into_iter().map(|row| columns[0].as_string::<i32>().value(row)).collect();
    Ok(ScalarValue::Utf8(Some(parts.join(delimiter))))
}

/// The sum, or NULL where it leaves its type.
pub(super) fn try_sum(columns: &[ArrayRef], returns: &DataType) -> Outcome {
    if returns == &DataType::Float64 {
        return double(columns[0].as_primitive::<Float64Type>().iter().flatten().reduce(|sum, value| sum + value));
    }
    let values = columns[0].as_primitive::<Int64Type>().iter().flatten().map(i128::from);
    Ok(ScalarValue::Int64(values.reduce(|sum, value| sum + value).and_then(|sum| i64::try_from(sum).ok())))
}

pub(super) fn try_avg(columns: &[ArrayRef], _: &DataType) -> Outcome {
    average(columns[0].as_primitive::<Float64Type>().iter().flatten())
}

/// The registers of the sketch: of each hash nine bits name one.
const REGISTER_BITS: u32 = 9;

/// How many values there are, by the reference's sketch, as far as it counts its empty registers.
pub(super) fn approx_count_distinct(columns: &[ArrayRef], _: &DataType) -> Outcome {
    let mut registers = vec![0_u32; 1 << REGISTER_BITS];
    let hashes = super::hash::xx_hashes(&columns[0])?;
    for hash in hashes.into_iter().flatten() {
        let register = usize::try_from(hash >> (64 - REGISTER_BITS)).unwrap_or(0);
        let zeros = (hash << REGISTER_BITS | 1 << (REGISTER_BITS - 1)).leading_zeros() + 1;
        registers[register] = registers[register].max(zeros);
    }
    let size = registers.len() as f64;
    let empty = registers.iter().filter(|zeros| **zeros == 0).count() as f64;
    let counted = size * (size / empty).ln();
    match empty > 0.0 && counted <= 400.0 {
        true => Ok(ScalarValue::Int64(Some(counted.round() as i64))),
        false => Err(errors::unsupported("approx_count_distinct of more than 400 values")),
    }
}
