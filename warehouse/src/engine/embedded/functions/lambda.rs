//! Functions that take functions: `transform(array, x -> x + 1)`.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::types::Int32Type;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int32Array, ListArray, UInt32Array, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{interleave, take, take_arrays};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::Result as DfResult;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDF,
    HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use datafusion::sql::sqlparser::ast::{Expr as SqlExpr, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::super::{errors, types};
use crate::engine::SqlError;

/// A function: how many values it takes before its lambdas, and how many arguments these may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Transform,
    Filter,
    Exists,
    ForAll,
    Aggregate,
    ZipWith,
    ArraySort,
    MapFilter,
    TransformKeys,
    TransformValues,
    MapZipWith,
}

/// The functions by their names.
const FUNCTIONS: &[(&str, Kind)] = &[
    ("transform", Kind::Transform),
    ("filter", Kind::Filter),
    ("exists", Kind::Exists),
    ("forall", Kind::ForAll),
    ("aggregate", Kind::Aggregate),
    ("reduce", Kind::Aggregate),
    ("zip_with", Kind::ZipWith),
    ("array_sort", Kind::ArraySort),
    ("map_filter", Kind::MapFilter),
    ("transform_keys", Kind::TransformKeys),
    ("transform_values", Kind::TransformValues),
    ("map_zip_with", Kind::MapZipWith),
];

/// The names of the functions that take lambdas alone.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name)
}

/// Whether a function is called with a lambda that it takes.
pub(in super::super) fn takes(name: &str, args: &FunctionArguments) -> bool {
    let is_lambda = |arg: &FunctionArg| matches!(arg, FunctionArg::Unnamed(FunctionArgExpr::Expr(SqlExpr::Lambda(_))));
    let FunctionArguments::List(list) = args else { return false };
    list.args.iter().any(is_lambda) && FUNCTIONS.iter().any(|(known, _)| *known == name)
}

/// The function of this name.
pub(in super::super) fn find(name: &str) -> Option<Arc<HigherOrderUDF>> {
    let (name, kind) = FUNCTIONS.iter().find(|(known, _)| *known == name)?;
    let signature = HigherOrderSignature::variadic_any(Volatility::Immutable);
    Some(Arc::new(HigherOrderUDF::new_from_impl(OfLambda { name, kind: *kind, signature })))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OfLambda {
    name: &'static str,
    kind: Kind,
    signature: HigherOrderSignature,
}

fn failed(class: &str, state: &str, text: String) -> DataFusionError {
    errors::carried(SqlError::new(class, state, text))
}

fn nullable(data_type: &DataType) -> FieldRef {
    Arc::new(Field::new("", data_type.clone(), true))
}

impl OfLambda {
    fn mismatch(&self, found: &DataType) -> DataFusionError {
        match found {
            DataType::Null => errors::carried(errors::unsupported(format!("NULL as an argument of {}", self.name))),
            found => failed(
                "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
                "42K09",
                format!(
                    "Cannot resolve \"{}\" due to data type mismatch: it can't take {}.",
                    self.name,
                    types::quoted(found)
                ),
            ),
        }
    }

    fn item(&self, found: &DataType) -> DfResult<DataType> {
        match found {
            DataType::List(item) => Ok(item.data_type().clone()),
            other => Err(self.mismatch(other)),
        }
    }

    fn pair(&self, found: &DataType) -> DfResult<(DataType, DataType)> {
        super::maps::pair(found).ok_or_else(|| self.mismatch(found))
    }

    /// The types of the parameters of each lambda, from those of the values.
    fn parameters(&self, values: &[DataType], lambdas: usize) -> DfResult<Vec<Vec<FieldRef>>> {
        let wrong = |wanted: usize| super::wrong_count(self.name, &wanted.to_string(), values.len() + lambdas);
        let counts = match self.kind {
            Kind::Aggregate => (2, 1..=2),
            Kind::ZipWith | Kind::MapZipWith => (2, 1..=1),
            _ => (1, 1..=1),
        };
        if values.len() != counts.0 || !counts.1.contains(&lambdas) {
            return Err(wrong(counts.0 + 1));
        }
        let int = DataType::Int32;
        let fields = |types: &[&DataType]| types.iter().map(|data_type| nullable(data_type)).collect::<Vec<_>>();
        Ok(match self.kind {
            Kind::Transform | Kind::Filter => vec![fields(&[&self.item(&values[0])?, &int])],
            Kind::Exists | Kind::ForAll => vec![fields(&[&self.item(&values[0])?])],
            Kind::ArraySort => vec![fields(&[&self.item(&values[0])?; 2])],
            Kind::ZipWith => vec![fields(&[&self.item(&values[0])?, &self.item(&values[1])?])],
            Kind::Aggregate => {
                let all = [fields(&[&values[1], &self.item(&values[0])?]), fields(&[&values[1]])];
                all.into_iter().take(lambdas).collect()
            }
            Kind::MapFilter | Kind::TransformKeys | Kind::TransformValues => {
                let (key, value) = self.pair(&values[0])?;
                vec![fields(&[&key, &value])]
            }
            Kind::MapZipWith => {
                let ((key, left), (other, right)) = (self.pair(&values[0])?, self.pair(&values[1])?);
                if key != other {
                    return Err(errors::carried(errors::unsupported("map_zip_with of keys of two types")));
                }
                vec![fields(&[&key, &left, &right])]
            }
        })
    }

    /// The type of the result, from those of the values and of what the lambdas give.
    fn returns(&self, values: &[DataType], lambdas: &[DataType]) -> DfResult<DataType> {
        let boolean = || match &lambdas[0] {
            DataType::Boolean | DataType::Null => Ok(()),
            other => Err(self.mismatch(other)),
        };
        Ok(match self.kind {
            Kind::Transform | Kind::ZipWith => types::array(lambdas[0].clone()),
            Kind::Filter | Kind::MapFilter => {
                boolean()?;
                values[0].clone()
            }
            Kind::Exists | Kind::ForAll => {
                boolean()?;
                DataType::Boolean
            }
            Kind::ArraySort => match &lambdas[0] {
                DataType::Int32 => values[0].clone(),
                other => {
                    return Err(failed(
                        "DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE",
                        "42K09",
                        format!(
                            "Cannot resolve \"array_sort\" due to data type mismatch: The `lambdafunction` requires return \"INT\" \
                             type, but the actual is {} type.",
                            types::quoted(other)
                        ),
                    ));
                }
            },
            Kind::Aggregate => {
                if values[1] != lambdas[0] {
                    return Err(self.mismatch(&lambdas[0]));
                }
                lambdas.get(1).unwrap_or(&values[1]).clone()
            }
            Kind::TransformKeys => types::map(lambdas[0].clone(), self.pair(&values[0])?.1),
            Kind::TransformValues => types::map(self.pair(&values[0])?.0, lambdas[0].clone()),
            Kind::MapZipWith => types::map(self.pair(&values[0])?.0, lambdas[0].clone()),
        })
    }
}

impl HigherOrderUDFImpl for OfLambda {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn lambda_parameters(
        &self,
        _: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> DfResult<LambdaParametersProgress> {
        let values: Vec<DataType> = fields
            .iter()
            .filter_map(|field| match field {
                ValueOrLambda::Value(field) => Some(field.data_type().clone()),
                ValueOrLambda::Lambda(_) => None,
            })
            .collect();
        let parameters = self.parameters(&values, fields.len() - values.len())?;
        Ok(LambdaParametersProgress::Complete(parameters))
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs<'_>) -> DfResult<FieldRef> {
        let (mut values, mut lambdas) = (Vec::new(), Vec::new());
        for field in args.arg_fields {
            match field {
                ValueOrLambda::Value(field) => values.push(field.data_type().clone()),
                ValueOrLambda::Lambda(field) => lambdas.push(field.data_type().clone()),
            }
        }
        self.parameters(&values, lambdas.len())?;
        Ok(nullable(&self.returns(&values, &lambdas)?))
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> DfResult<ColumnarValue> {
        let returns = args.return_field.data_type().clone();
        let (mut values, mut lambdas) = (Vec::new(), Vec::new());
        for arg in &args.args {
            match arg {
                ValueOrLambda::Value(value) => values.push(value.to_array(args.number_rows)?),
                ValueOrLambda::Lambda(lambda) => lambdas.push(lambda),
            }
        }
        let result = match self.kind {
            Kind::Transform => transform(&values[0], lambdas[0], &returns),
            Kind::Filter => filter(&values[0], lambdas[0], &returns),
            Kind::Exists => quantified(&values[0], lambdas[0], true),
            Kind::ForAll => quantified(&values[0], lambdas[0], false),
            Kind::Aggregate => aggregate(&values, &lambdas, args.number_rows),
            Kind::ZipWith => zip_with(&values, lambdas[0], &returns),
            Kind::ArraySort => array_sort(&values[0], lambdas[0], &returns),
            Kind::MapFilter => map_filter(&values[0], lambdas[0], &returns),
            Kind::TransformKeys => transform_map(&values[0], lambdas[0], &returns, true),
            Kind::TransformValues => transform_map(&values[0], lambdas[0], &returns, false),
            Kind::MapZipWith => map_zip_with(&values, lambdas[0], &returns),
        }?;
        Ok(ColumnarValue::Array(result))
    }
}

/// The places of the elements of all rows: the row of each, and its place in the child.
struct Elements {
    rows: Vec<u32>,
    places: Vec<u32>,
    lengths: Vec<usize>,
}

impl Elements {
    fn of(offsets: &[i32], nulls: Option<&NullBuffer>) -> Self {
        let mut all = Self { rows: vec![], places: vec![], lengths: vec![] };
        for (row, ends) in offsets.windows(2).enumerate() {
            let there = nulls.is_none_or(|nulls| nulls.is_valid(row));
            let places = if there { ends[0]..ends[1] } else { 0..0 };
            all.lengths.push(places.len());
            for place in places {
                all.rows.push(u32::try_from(row).unwrap_or(0));
                all.places.push(u32::try_from(place).unwrap_or(0));
            }
        }
        all
    }

    fn taken(&self, child: &ArrayRef) -> DfResult<ArrayRef> {
        Ok(take(child, &UInt32Array::from(self.places.clone()), None)?)
    }

    /// The places of the elements in their array.
    fn indexes(&self) -> ArrayRef {
        let indexes = self.lengths.iter().flat_map(|length| 0..i32::try_from(*length).unwrap_or(0));
        Arc::new(indexes.map(Some).collect::<Int32Array>())
    }

    fn offsets(&self) -> OffsetBuffer<i32> {
        OffsetBuffer::from_lengths(self.lengths.iter().copied())
    }
}

/// What a lambda gives for these arguments, whose rows came from these rows of the captured columns.
fn called(lambda: &LambdaArgument, args: &[&ArrayRef], rows: &[u32]) -> DfResult<ArrayRef> {
    let given: Vec<_> = args.iter().map(|arg| move || Ok(Arc::clone(arg))).collect();
    let given: Vec<&dyn Fn() -> DfResult<ArrayRef>> = given.iter().map(|arg| arg as &dyn Fn() -> _).collect();
    let spread = |captured: &[ArrayRef]| Ok(take_arrays(captured, &UInt32Array::from(rows.to_vec()), None)?);
    lambda.evaluate(&given, spread)?.into_array(rows.len())
}

fn listed(
    returns: &DataType,
    offsets: OffsetBuffer<i32>,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> DfResult<ArrayRef> {
    let DataType::List(field) = returns else {
        return Err(errors::carried(errors::internal("an array of another type")));
    };
    Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, values, nulls)?))
}

fn transform(list: &ArrayRef, lambda: &LambdaArgument, returns: &DataType) -> DfResult<ArrayRef> {
    let list = list.as_list::<i32>();
    let elements = Elements::of(list.value_offsets(), list.nulls());
    let values = called(lambda, &[&elements.taken(list.values())?, &elements.indexes()], &elements.rows)?;
    listed(returns, elements.offsets(), values, list.nulls().cloned())
}

/// Which elements a condition holds for.
fn hits(result: &ArrayRef) -> Vec<Option<bool>> {
    match result.data_type() {
        DataType::Boolean => result.as_boolean().iter().collect(),
        _ => vec![None; result.len()],
    }
}

/// The lengths of the rows when only what was hit is kept, and what is kept.
fn kept(elements: &Elements, hits: &[Option<bool>]) -> (OffsetBuffer<i32>, UInt32Array) {
    let mut lengths = vec![0; elements.lengths.len()];
    let mut places = Vec::new();
    for (at, hit) in hits.iter().enumerate() {
        if *hit == Some(true) {
            lengths[elements.rows[at] as usize] += 1;
            places.push(elements.places[at]);
        }
    }
    (OffsetBuffer::from_lengths(lengths), UInt32Array::from(places))
}

fn filter(list: &ArrayRef, lambda: &LambdaArgument, returns: &DataType) -> DfResult<ArrayRef> {
    let list = list.as_list::<i32>();
    let elements = Elements::of(list.value_offsets(), list.nulls());
    let result = called(lambda, &[&elements.taken(list.values())?, &elements.indexes()], &elements.rows)?;
    let (offsets, places) = kept(&elements, &hits(&result));
    listed(returns, offsets, take(list.values(), &places, None)?, list.nulls().cloned())
}

/// Whether a condition holds for any element, or for all; NULL where its NULLs leave that open.
fn quantified(list: &ArrayRef, lambda: &LambdaArgument, any: bool) -> DfResult<ArrayRef> {
    let list = list.as_list::<i32>();
    let elements = Elements::of(list.value_offsets(), list.nulls());
    let result = called(lambda, &[&elements.taken(list.values())?], &elements.rows)?;
    let mut hits = hits(&result).into_iter();
    let answer = |(row, length): (usize, &usize)| {
        let of_row: Vec<Option<bool>> = hits.by_ref().take(*length).collect();
        match () {
            () if list.is_null(row) => None,
            () if of_row.contains(&Some(any)) => Some(any),
            () if of_row.contains(&None) => None,
            () => Some(!any),
        }
    };
    Ok(Arc::new(elements.lengths.iter().enumerate().map(answer).collect::<BooleanArray>()))
}

/// Element by element for all rows at once, as long as they have some.
fn aggregate(values: &[ArrayRef], lambdas: &[&LambdaArgument], rows: usize) -> DfResult<ArrayRef> {
    let list = values[0].as_list::<i32>();
    let mut sums = Arc::clone(&values[1]);
    let length = |row: usize| if list.is_null(row) { 0 } else { usize::try_from(list.value_length(row)).unwrap_or(0) };
    let longest = (0..rows).map(length).max().unwrap_or(0);
    for at in 0..longest {
        let active: Vec<u32> =
            (0..rows).filter(|row| length(*row) > at).filter_map(|row| u32::try_from(row).ok()).collect();
        let places = active.iter().map(|row| list.value_offsets()[*row as usize].cast_unsigned() + at as u32);
        let items = take(list.values(), &places.map(Some).collect::<UInt32Array>(), None)?;
        let own = take(&sums, &UInt32Array::from(active.clone()), None)?;
        let next = called(lambdas[0], &[&own, &items], &active)?;
        let mut picks: Vec<(usize, usize)> = (0..rows).map(|row| (0, row)).collect();
        active.iter().enumerate().for_each(|(place, row)| picks[*row as usize] = (1, place));
        sums = interleave(&[sums.as_ref(), next.as_ref()], &picks)?;
    }
    let there: Vec<u32> =
        (0..rows).filter(|row| list.is_valid(*row)).filter_map(|row| u32::try_from(row).ok()).collect();
    let finished = match lambdas.get(1) {
        Some(finish) => called(finish, &[&take(&sums, &UInt32Array::from(there.clone()), None)?], &there)?,
        None => take(&sums, &UInt32Array::from(there.clone()), None)?,
    };
    let nothing = new_null_array(finished.data_type(), 1);
    let mut picks = vec![(1, 0); rows];
    there.iter().enumerate().for_each(|(place, row)| picks[*row as usize] = (0, place));
    Ok(interleave(&[finished.as_ref(), nothing.as_ref()], &picks)?)
}

/// The shorter array goes on with NULLs.
fn zip_with(values: &[ArrayRef], lambda: &LambdaArgument, returns: &DataType) -> DfResult<ArrayRef> {
    let lists = [values[0].as_list::<i32>(), values[1].as_list::<i32>()];
    let nulls = NullBuffer::union(lists[0].nulls(), lists[1].nulls());
    let (mut lengths, mut rows, mut places) = (vec![], vec![], [vec![], vec![]]);
    for row in 0..lists[0].len() {
        let there = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        let longest = lists.iter().map(|list| list.value_length(row)).max().unwrap_or(0);
        let longest = if there { longest } else { 0 };
        lengths.push(usize::try_from(longest).unwrap_or(0));
        for at in 0..longest {
            rows.push(u32::try_from(row).unwrap_or(0));
            for (list, places) in lists.iter().zip(&mut places) {
                let place = (at < list.value_length(row)).then(|| (list.value_offsets()[row] + at).cast_unsigned());
                places.push(place);
            }
        }
    }
    let items = |at: usize| take(lists[at].values(), &UInt32Array::from(places[at].clone()), None);
    let values = called(lambda, &[&items(0)?, &items(1)?], &rows)?;
    listed(returns, OffsetBuffer::from_lengths(lengths), values, nulls)
}

/// The most elements of an array that are compared by a lambda, each with each.
const MOST_COMPARED: usize = 1_000;

fn array_sort(list: &ArrayRef, lambda: &LambdaArgument, returns: &DataType) -> DfResult<ArrayRef> {
    let list = list.as_list::<i32>();
    let elements = Elements::of(list.value_offsets(), list.nulls());
    if elements.lengths.iter().any(|length| *length > MOST_COMPARED) {
        return Err(errors::carried(errors::unsupported("array_sort of so many elements with a lambda")));
    }
    let (mut left, mut right, mut rows, mut start) = (vec![], vec![], vec![], 0);
    for (row, length) in elements.lengths.iter().enumerate() {
        let own = &elements.places[start..start + length];
        for a in own {
            for b in own {
                left.push(*a);
                right.push(*b);
                rows.push(u32::try_from(row).unwrap_or(0));
            }
        }
        start += length;
    }
    let items = |places: Vec<u32>| take(list.values(), &UInt32Array::from(places), None);
    let compared = called(lambda, &[&items(left)?, &items(right)?], &rows)?;
    if compared.null_count() > 0 {
        return Err(failed(
            "COMPARATOR_RETURNS_NULL",
            "22004",
            "The comparator has returned a NULL. It should return a positive integer, 0 or a negative one.".to_owned(),
        ));
    }
    let compared = compared.as_primitive::<Int32Type>();
    let (mut places, mut start, mut first) = (vec![], 0, 0);
    for length in elements.lengths.iter().copied() {
        let mut order: Vec<usize> = (0..length).collect();
        order.sort_by(|a, b| match compared.value(first + a * length + b) {
            0 => Ordering::Equal,
            sign if sign < 0 => Ordering::Less,
            _ => Ordering::Greater,
        });
        places.extend(order.into_iter().map(|at| elements.places[start + at]));
        start += length;
        first += length * length;
    }
    listed(returns, elements.offsets(), items(places)?, list.nulls().cloned())
}

fn mapped(
    returns: &DataType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> DfResult<ArrayRef> {
    super::maps::made(returns, offsets, keys, values, nulls).map_err(errors::carried)
}

fn map_filter(map: &ArrayRef, lambda: &LambdaArgument, returns: &DataType) -> DfResult<ArrayRef> {
    let map = map.as_map();
    let elements = Elements::of(map.value_offsets(), map.nulls());
    let (keys, values) = (elements.taken(map.keys())?, elements.taken(map.values())?);
    let result = called(lambda, &[&keys, &values], &elements.rows)?;
    let (offsets, places) = kept(&elements, &hits(&result));
    let (keys, values) = (take(map.keys(), &places, None)?, take(map.values(), &places, None)?);
    mapped(returns, offsets, keys, values, map.nulls().cloned())
}

fn transform_map(map: &ArrayRef, lambda: &LambdaArgument, returns: &DataType, of_keys: bool) -> DfResult<ArrayRef> {
    let map = map.as_map();
    let elements = Elements::of(map.value_offsets(), map.nulls());
    let (keys, values) = (elements.taken(map.keys())?, elements.taken(map.values())?);
    let result = called(lambda, &[&keys, &values], &elements.rows)?;
    let (keys, values) = if of_keys { (result, values) } else { (keys, result) };
    mapped(returns, elements.offsets(), keys, values, map.nulls().cloned())
}

/// All keys of both maps, with NULL for what one has not.
fn map_zip_with(values: &[ArrayRef], lambda: &LambdaArgument, returns: &DataType) -> DfResult<ArrayRef> {
    let maps = [values[0].as_map(), values[1].as_map()];
    let nulls = NullBuffer::union(maps[0].nulls(), maps[1].nulls());
    let converter = RowConverter::new(vec![SortField::new(maps[0].keys().data_type().clone())])?;
    let keys = [0, 1].map(|at| converter.convert_columns(&[Arc::clone(maps[at].keys())]));
    let [left, right] = keys;
    let keys = [left?, right?];
    let (mut lengths, mut rows, mut found) = (vec![], vec![], vec![]);
    for row in 0..maps[0].len() {
        let mut all: Vec<[Option<u32>; 2]> = Vec::new();
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            for side in [0, 1] {
                let ends = &maps[side].value_offsets()[row..row + 2];
                for place in ends[0].cast_unsigned()..ends[1].cast_unsigned() {
                    let key = keys[side].row(place as usize);
                    let own = |pair: &&mut [Option<u32>; 2]| pair[0].is_some_and(|at| keys[0].row(at as usize) == key);
                    match all.iter_mut().find(own) {
                        Some(pair) if side == 1 => pair[1] = Some(place),
                        _ => all.push(if side == 0 { [Some(place), None] } else { [None, Some(place)] }),
                    }
                }
            }
        }
        lengths.push(all.len());
        rows.extend(vec![u32::try_from(row).unwrap_or(0); all.len()]);
        found.extend(all);
    }
    let side = |at: usize| take(maps[at].values(), &found.iter().map(|pair| pair[at]).collect::<UInt32Array>(), None);
    let pick = |pair: &[Option<u32>; 2]| match pair {
        [Some(left), _] => (0, *left as usize),
        [None, right] => (1, right.unwrap_or(0) as usize),
    };
    let picks: Vec<(usize, usize)> = found.iter().map(pick).collect();
    let keys = match picks.is_empty() {
        true => maps[0].keys().slice(0, 0),
        false => interleave(&[maps[0].keys().as_ref(), maps[1].keys().as_ref()], &picks)?,
    };
    let results = called(lambda, &[&keys, &side(0)?, &side(1)?], &rows)?;
    mapped(returns, OffsetBuffer::from_lengths(lengths), keys, results, nulls)
}
