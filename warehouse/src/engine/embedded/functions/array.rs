//! Functions of arrays.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions_nested as engine_nested;
use datafusion::logical_expr::{Expr, lit};

use super::super::{errors, types};
use super::lists::{Arguments, Kernel, Lists, Pick};
use super::registry::{Call, Function, planned};
use super::row::Takes;
use super::{lists, nested};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("array_distinct", 1..=1, |call| of_list(call, Kernel::Picks(distinct))),
    planned("array_compact", 1..=1, |call| of_list(call, Kernel::Picks(compact))),
    planned("array_sort", 1..=2, |call| match call.args.len() {
        1 => of_list(call, Kernel::Picks(|lists, row| Ok(Some(sorted(lists, row, false))))),
        _ => Err(errors::carried(errors::unsupported("array_sort by what is no lambda"))),
    }),
    planned("sort_array", 1..=2, sort_array),
    planned("array_max", 1..=1, |call| of_elements(call, engine_nested::min_max::array_max_udf)),
    planned("array_min", 1..=1, |call| of_elements(call, engine_nested::min_max::array_min_udf)),
    planned("flatten", 1..=1, |call| match call.type_of(0)? {
        DataType::List(item) if matches!(item.data_type(), DataType::List(_)) => {
            flatten(call, item.data_type().clone())
        }
        _ => Err(call.mismatch(0)),
    }),
    planned("array_union", 2..=2, |call| of_two(call, Kernel::Picks(union))),
    planned("array_intersect", 2..=2, |call| of_two(call, Kernel::Picks(intersect))),
    planned("array_except", 2..=2, |call| of_two(call, Kernel::Picks(except))),
    planned("arrays_overlap", 2..=2, |call| of_two(call, Kernel::Tells(overlap))),
    planned("array_append", 2..=2, |call| {
        let append = |lists: &Lists, row: usize| Ok(Some([lists.all(0, row), vec![lists.item(0, row)]].concat()));
        with_item(call, Kernel::Picks(append))
    }),
    planned("array_prepend", 2..=2, |call| {
        let prepend = |lists: &Lists, row: usize| Ok(Some([vec![lists.item(0, row)], lists.all(0, row)].concat()));
        with_item(call, Kernel::Picks(prepend))
    }),
    planned("array_remove", 2..=2, |call| with_item(call, Kernel::Picks(remove))),
    planned("array_position", 2..=2, |call| with_item(call, Kernel::Counts(position))),
    planned("array_contains", 2..=2, |call| with_item(call, Kernel::Tells(contains))),
    planned("array_insert", 3..=3, insert),
    planned("array_repeat", 2..=2, repeat),
    planned("slice", 3..=3, slice),
    planned("array_size", 1..=1, |call| match call.type_of(0)? {
        DataType::List(_) => super::plan("size", call.args, call.typed),
        _ => Err(call.mismatch(0)),
    }),
    planned("get", 2..=2, |call| match call.type_of(0)? {
        DataType::List(_) => nested::get(call),
        _ => Err(call.mismatch(0)),
    }),
    planned("array_join", 2..=3, join),
];

/// The element type of an argument that is an array.
fn item_of(call: &Call<'_>, position: usize) -> DfResult<DataType> {
    match call.type_of(position)? {
        DataType::List(item) => Ok(item.data_type().clone()),
        _ => Err(call.mismatch(position)),
    }
}

fn of_elements(call: Call<'_>, udf: fn() -> std::sync::Arc<datafusion::logical_expr::ScalarUDF>) -> DfResult<Expr> {
    item_of(&call, 0)?;
    Ok(udf().call(call.args))
}

fn of_list(call: Call<'_>, kernel: Kernel) -> DfResult<Expr> {
    let item = item_of(&call, 0)?;
    lists::call(call.name, &item, Arguments { lists: call.args, items: vec![], numbers: vec![] }, kernel)
}

/// Two arrays of one element type.
fn of_two(call: Call<'_>, kernel: Kernel) -> DfResult<Expr> {
    let found = call.types()?;
    let common = match found.as_slice() {
        [DataType::List(left), DataType::List(right)] => closest(left.data_type(), right.data_type()),
        _ => None,
    };
    let Some(item) = common else {
        return Err(different(&call, "BINARY_ARRAY_DIFF_TYPES", &found));
    };
    let lists = call.args.into_iter().map(|arg| call.typed.cast(arg, &types::array(item.clone())));
    let lists = lists.collect::<DfResult<_>>()?;
    lists::call(call.name, &item, Arguments { lists, items: vec![], numbers: vec![] }, kernel)
}

/// An array, and a value of its element type.
fn with_item(call: Call<'_>, kernel: Kernel) -> DfResult<Expr> {
    let (item, args) = aligned(&call, 1, vec![])?;
    lists::call(call.name, &item, args, kernel)
}

/// The array and the item at a position, both of their common type.
fn aligned(call: &Call<'_>, position: usize, numbers: Vec<Expr>) -> DfResult<(DataType, Arguments)> {
    let (own, found) = (item_of(call, 0)?, call.type_of(position)?);
    let common = match call.name {
        "array_contains" if own != DataType::Utf8 && found != DataType::Utf8 => {
            super::super::operators::common_type(&own, &found)
        }
        _ => closest(&own, &found),
    };
    if found == DataType::Null && ["array_contains", "array_remove", "array_position"].contains(&call.name) {
        return Err(null_typed(call.name));
    }
    let Some(item) = common else {
        return Err(different(call, "ARRAY_FUNCTION_DIFF_TYPES", &[call.type_of(0)?, found]));
    };
    let list = call.typed.cast(call.args[0].clone(), &types::array(item.clone()))?;
    let value = call.typed.cast(call.args[position].clone(), &item)?;
    Ok((item, Arguments { lists: vec![list], items: vec![value], numbers }))
}

/// The type to which elements of two types are brought without a digit lost: neither text nor decimals take others in.
pub(super) fn closest(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{Date32, Float32, Float64, List, Map, Null, Struct, Timestamp};
    match (left, right) {
        (left, right) if left == right => Some(left.clone()),
        (Null, other) | (other, Null) => Some(other.clone()),
        (List(left), List(right)) => Some(types::array(closest(left.data_type(), right.data_type())?)),
        (Struct(_) | Map(..), _) | (_, Struct(_) | Map(..)) => None,
        (left, right) if left.is_integer() && right.is_integer() => super::super::operators::common_type(left, right),
        (float @ (Float32 | Float64), other) | (other, float @ (Float32 | Float64))
            if other.is_integer() || other.is_floating() =>
        {
            Some(if float == &Float64 || other == &Float64 { Float64 } else { Float32 })
        }
        (Date32, zoned @ Timestamp(..)) | (zoned @ Timestamp(..), Date32) => Some(zoned.clone()),
        (Timestamp(..), Timestamp(..)) => super::super::operators::common_type(left, right),
        _ => None,
    }
}

fn null_typed(name: &str) -> datafusion::error::DataFusionError {
    errors::carried(SqlError::new(
        "DATATYPE_MISMATCH.NULL_TYPE",
        "42K09",
        format!(
            "Cannot resolve \"{name}\" due to data type mismatch: Null typed values cannot be used as arguments of `{name}`."
        ),
    ))
}

fn different(call: &Call<'_>, class: &str, found: &[DataType]) -> datafusion::error::DataFusionError {
    let shown: Vec<_> = found.iter().map(types::quoted).collect();
    errors::carried(SqlError::new(
        &format!("DATATYPE_MISMATCH.{class}"),
        "42K09",
        format!(
            "Cannot resolve \"{0}\" due to data type mismatch: Input to `{0}` should have the same element type, but it's [{1}].",
            call.name,
            shown.join(", ")
        ),
    ))
}

type Picked = Result<Option<Vec<Pick>>, SqlError>;

fn without_repeats(lists: &Lists, picks: impl Iterator<Item = Pick>) -> Vec<Pick> {
    let mut seen = std::collections::HashSet::new();
    picks.filter(|pick| seen.insert(pick.map(|pick| lists.key(pick)))).collect()
}

fn distinct(lists: &Lists, row: usize) -> Picked {
    Ok(Some(without_repeats(lists, lists.all(0, row).into_iter())))
}

fn compact(lists: &Lists, row: usize) -> Picked {
    Ok(Some(lists.all(0, row).into_iter().filter(|pick| !lists.is_void(*pick)).collect()))
}

fn union(lists: &Lists, row: usize) -> Picked {
    Ok(Some(without_repeats(lists, lists.all(0, row).into_iter().chain(lists.all(1, row)))))
}

fn intersect(lists: &Lists, row: usize) -> Picked {
    let other: std::collections::HashSet<_> = lists.range(1, row).map(|at| lists.key((1, at))).collect();
    let shared = lists.all(0, row).into_iter().filter(|pick| pick.is_some_and(|pick| other.contains(&lists.key(pick))));
    Ok(Some(without_repeats(lists, shared)))
}

fn except(lists: &Lists, row: usize) -> Picked {
    let other: std::collections::HashSet<_> = lists.range(1, row).map(|at| lists.key((1, at))).collect();
    let own = lists.all(0, row).into_iter().filter(|pick| !pick.is_some_and(|pick| other.contains(&lists.key(pick))));
    Ok(Some(without_repeats(lists, own)))
}

/// NULL when nothing is shared but there may be something, for there is a NULL.
fn overlap(lists: &Lists, row: usize) -> Option<bool> {
    let (left, right) = (lists.all(0, row), lists.all(1, row));
    let mut values = left.iter().filter(|pick| !lists.is_void(**pick));
    if values.any(|pick| right.iter().any(|other| lists.same(*pick, *other))) {
        return Some(true);
    }
    let unknown = left.iter().chain(&right).any(|pick| lists.is_void(*pick));
    if unknown && !left.is_empty() && !right.is_empty() { None } else { Some(false) }
}

fn remove(lists: &Lists, row: usize) -> Picked {
    let item = lists.item(0, row);
    if lists.is_void(item) {
        return Ok(None);
    }
    Ok(Some(lists.all(0, row).into_iter().filter(|pick| !lists.same(*pick, item)).collect()))
}

fn position(lists: &Lists, row: usize) -> Option<i64> {
    let item = lists.item(0, row);
    if lists.is_void(item) {
        return None;
    }
    let at = lists.all(0, row).iter().position(|pick| lists.same(*pick, item));
    Some(at.and_then(|at| i64::try_from(at + 1).ok()).unwrap_or(0))
}

fn contains(lists: &Lists, row: usize) -> Option<bool> {
    let (item, all) = (lists.item(0, row), lists.all(0, row));
    if lists.is_void(item) {
        return None;
    }
    match all.iter().any(|pick| lists.same(*pick, item)) {
        false if all.iter().any(|pick| lists.is_void(*pick)) => None,
        found => Some(found),
    }
}

/// The elements in their order, NULL last; or backwards, NULL last as well.
fn sorted(lists: &Lists, row: usize, backwards: bool) -> Vec<Pick> {
    let (void, mut rest): (Vec<Pick>, Vec<Pick>) = lists.all(0, row).into_iter().partition(|pick| lists.is_void(*pick));
    rest.sort_by(|left, right| if backwards { lists.order(*right, *left) } else { lists.order(*left, *right) });
    [rest, void].concat()
}

fn sort_array(call: Call<'_>) -> DfResult<Expr> {
    let item = item_of(&call, 0)?;
    let ascending = match call.args.get(1) {
        None => lit(true),
        Some(arg) if matches!(call.type_of(1)?, DataType::Boolean | DataType::Null) => arg.clone(),
        Some(_) => return Err(call.mismatch(1)),
    };
    let kernel = Kernel::Picks(|lists, row| {
        let ascending = lists.number(0, row) == 1;
        let mut all = sorted(lists, row, !ascending);
        if ascending {
            let void = all.iter().filter(|pick| lists.is_void(**pick)).count();
            all.rotate_right(void);
        }
        Ok(Some(all))
    });
    let number = call.typed.cast(ascending, &DataType::Int64)?;
    lists::call(
        call.name,
        &item,
        Arguments { lists: vec![call.args[0].clone()], items: vec![], numbers: vec![number] },
        kernel,
    )
}

/// NULL when an inner array is.
fn flatten(call: Call<'_>, item: DataType) -> DfResult<Expr> {
    let typed = call.typed;
    let [list] = call.take()?;
    let kernel = Kernel::Tells(|lists, row| Some(lists.all(0, row).iter().any(|pick| lists.is_void(*pick))));
    let args = Arguments { lists: vec![list.clone()], items: vec![], numbers: vec![] };
    let holds_null = lists::call("holds_null", &item, args, kernel)?;
    let flat = engine_nested::flatten::flatten_udf().call(vec![list]);
    let null = typed.cast(lit(ScalarValue::Null), &item)?;
    super::conditional::case(vec![holds_null, null, flat], typed)
}

/// Positions count from 1, from behind when negative; what is far away is reached over NULLs.
fn insert(call: Call<'_>) -> DfResult<Expr> {
    let at = match call.type_of(1)? {
        DataType::Int8 | DataType::Int16 | DataType::Int32 => {
            call.typed.cast(call.args[1].clone(), &DataType::Int64)?
        }
        _ => return Err(call.mismatch(1)),
    };
    let (item, args) = aligned(&call, 2, vec![at])?;
    let kernel = Kernel::Picks(|lists, row| {
        let (mut all, item, at) = (lists.all(0, row), lists.item(0, row), lists.number(0, row));
        let distance = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
        if distance == 0 {
            return Err(nested::index_of_zero());
        }
        if distance > MOST_ELEMENTS {
            return Err(errors::unsupported("array_insert at such a position"));
        }
        let missing = distance.saturating_sub(all.len() + 1);
        if at > 0 {
            all.extend(vec![None; missing]);
            all.insert(distance - 1, item);
        } else {
            all.splice(0..0, vec![None; missing]);
            all.insert(all.len() + 1 - distance, item);
        }
        Ok(Some(all))
    });
    lists::call(call.name, &item, args, kernel)
}

/// The most elements that a function makes of few.
const MOST_ELEMENTS: usize = 10_000_000;

fn repeat(call: Call<'_>) -> DfResult<Expr> {
    if !matches!(call.type_of(1)?, DataType::Int32 | DataType::Null) {
        return Err(call.mismatch(1));
    }
    let (typed, name, item) = (call.typed, call.name, call.type_of(0)?);
    let [value, times] = call.take()?;
    let times = typed.cast(times, &DataType::Int64)?;
    let kernel = Kernel::Picks(|lists, row| match usize::try_from(lists.number(0, row)).unwrap_or(0) {
        times if times > MOST_ELEMENTS => Err(errors::unsupported("array_repeat of so many elements")),
        times => Ok(Some(vec![lists.item(0, row); times])),
    });
    lists::call(name, &item, Arguments { lists: vec![], items: vec![value], numbers: vec![times] }, kernel)
}

fn slice(call: Call<'_>) -> DfResult<Expr> {
    let item = item_of(&call, 0)?;
    let number = |position: usize| call.typed.cast(call.taken(position, Takes::Int)?, &DataType::Int64);
    let numbers = vec![number(1)?, number(2)?];
    let kernel = Kernel::Picks(|lists, row| {
        let invalid = |name: &str, what: &str, found: i64| {
            SqlError::new(
                &format!("INVALID_PARAMETER_VALUE.{}", name.to_uppercase()),
                "22023",
                format!("The value of parameter(s) `{name}` in `slice` is invalid: Expects {what}, but got {found}."),
            )
        };
        let (all, start, length) = (lists.all(0, row), lists.number(0, row), lists.number(1, row));
        if start == 0 {
            return Err(invalid("start", "a positive or a negative value for `start`", start));
        }
        if length < 0 {
            return Err(invalid("length", "`length` greater than or equal to 0", length));
        }
        let size = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let first = usize::try_from(if start > 0 { start - 1 } else { size + start }).unwrap_or(usize::MAX);
        Ok(Some(all.into_iter().skip(first).take(usize::try_from(length).unwrap_or(0)).collect()))
    });
    lists::call(call.name, &item, Arguments { lists: vec![call.args[0].clone()], items: vec![], numbers }, kernel)
}

/// The texts of an array with a text between them; NULL is left out, or replaced.
fn join(call: Call<'_>) -> DfResult<Expr> {
    let item = item_of(&call, 0)?;
    if matches!(item, DataType::List(_) | DataType::Map(..) | DataType::Struct(_)) {
        return Err(call.mismatch(0));
    }
    for position in 1..call.args.len() {
        if !matches!(call.type_of(position)?, DataType::Utf8 | DataType::Null) {
            return Err(call.mismatch(position));
        }
    }
    let takes: &[Takes] = &[Takes::Texts, Takes::Text, Takes::Text];
    let body: super::row::Body = |row| {
        let (column, at) = row.column(0);
        let texts = datafusion::arrow::array::AsArray::as_list::<i32>(column).value(at);
        let texts = datafusion::arrow::array::AsArray::as_string::<i32>(&texts).iter();
        let replacement = (row.len() > 2).then(|| row.text(2));
        let shown: Vec<&str> = texts.filter_map(|text| text.or(replacement)).collect();
        Ok(shown.join(row.text(1)).into())
    };
    let each = super::row::Each::new(&takes[..call.args.len()], super::row::Gives::Text, body);
    each.call(call.name, call.args, call.typed)
}
