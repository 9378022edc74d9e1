//! Arrays, maps and structs.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, MapArray, new_empty_array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions::core::get_field;
use datafusion::functions_nested::extract::array_element_udf;
use datafusion::logical_expr::{Case, Expr, ScalarUDF, lit};

use super::checked_index::Base;

use super::super::operators::Typed;
use super::super::{errors, types};
use super::registry::{Call, Function, planned};
use super::row::Takes;
use super::{generator, same_type};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("array", 0..=usize::MAX, |call| array(call.typed, call.args)),
    planned("map", 0..=usize::MAX, |call| map(call.typed, call.args)),
    planned("named_struct", 2..=usize::MAX, |call| named_struct(call.args)),
    planned("[]", 2..=2, |call| {
        let typed = call.typed;
        let [value, index] = call.take()?;
        item(typed, value, index)
    }),
    planned(".", 2..=2, |call| {
        let found = call.type_of(0)?;
        match call.take()? {
            [value, Expr::Literal(ScalarValue::Utf8(Some(field)), _)] => Ok(field_of(value, &found, &field)?.0),
            [_, other] => Err(errors::carried(errors::internal(&format!("a field called {other}")))),
        }
    }),
    planned("element_at", 2..=2, |call| {
        let typed = call.typed;
        let [value, index] = call.take()?;
        element_at(typed, value, index)
    }),
    planned("try_element_at", 2..=2, |call| match call.type_of(0)? {
        DataType::List(_) => checked(call, Base::OneOrNull),
        _ => super::plan("element_at", call.args, call.typed),
    }),
    planned("elt", 2..=usize::MAX, elt),
    planned("size cardinality", 1..=1, |call| match call.type_of(0)? {
        DataType::List(_) | DataType::Map(..) => {
            let [value] = call.take()?;
            let size = datafusion_spark::function::collection::size().call(vec![value.clone()]);
            Ok(Expr::Case(Case::new(None, vec![(Box::new(value.is_not_null()), Box::new(size))], None)))
        }
        _ => Err(call.mismatch(0)),
    }),
    planned("map_keys", 1..=1, |call| of_map(call, datafusion::functions_nested::map_keys::map_keys_udf)),
    planned("map_values", 1..=1, |call| of_map(call, datafusion::functions_nested::map_values::map_values_udf)),
    planned("map_entries", 1..=1, |call| of_map(call, datafusion::functions_nested::map_entries::map_entries_udf)),
    planned("map_contains_key", 2..=2, |call| {
        if !matches!(call.type_of(0)?, DataType::Map(..)) {
            return Err(call.mismatch(0));
        }
        let keys = datafusion::functions_nested::map_keys::map_keys_udf().call(vec![call.args[0].clone()]);
        let own = call.typed.type_of(&keys)?;
        if let (DataType::List(key), found) = (&own, call.type_of(1)?)
            && found != DataType::Null
            && (key.data_type() == &DataType::Utf8) != (found == DataType::Utf8)
        {
            return Err(errors::carried(SqlError::new(
                "DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES",
                "42K09",
                "Cannot resolve \"map_contains_key\" due to data type mismatch: Input to `map_contains_key` should have been \"MAP\" \
                 followed by a value with same key type.",
            )));
        }
        super::plan("array_contains", vec![keys, call.args[1].clone()], call.typed)
    }),
    planned("reverse", 1..=1, reverse),
    planned("concat ||", 0..=usize::MAX, concat),
    planned("concat_ws", 1..=usize::MAX, concat_ws),
    planned("explode explode_outer", 1..=1, generator::explode),
];

/// An element whose position is checked as a function checks it.
fn checked(call: Call<'_>, base: Base) -> DfResult<Expr> {
    let index = call.typed.cast(call.taken(1, Takes::Int)?, &DataType::Int64)?;
    let position = super::checked_index::call(call.args[0].clone(), index, base);
    Ok(array_element_udf().call(vec![call.args[0].clone(), position]))
}

/// `get(array, n)`, counted from zero, NULL outside of the array.
pub(super) fn get(call: Call<'_>) -> DfResult<Expr> {
    checked(call, Base::ZeroOrNull)
}

/// The position that no array has.
pub(super) fn index_of_zero() -> SqlError {
    SqlError::new(
        "INVALID_INDEX_OF_ZERO",
        "22003",
        "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).",
    )
}

/// The n-th of the other arguments, which are texts, or bytes all of them.
fn elt(call: Call<'_>) -> DfResult<Expr> {
    let bytes = call.types()?.iter().skip(1).all(|found| found == &DataType::Binary);
    let takes = if bytes { Takes::Bytes } else { Takes::Text };
    let values = (1..call.args.len()).map(|position| call.taken(position, takes)).collect::<DfResult<_>>()?;
    let values = array(call.typed, values)?;
    let index = call.typed.cast(call.taken(0, Takes::Int)?, &DataType::Int64)?;
    let position = super::checked_index::call(values.clone(), index, Base::Elt);
    Ok(array_element_udf().call(vec![values, position]))
}

fn of_map(call: Call<'_>, udf: fn() -> Arc<ScalarUDF>) -> DfResult<Expr> {
    match call.type_of(0)? {
        DataType::Map(..) => Ok(udf().call(call.args)),
        _ => Err(call.mismatch(0)),
    }
}

fn reverse(call: Call<'_>) -> DfResult<Expr> {
    match call.type_of(0)? {
        DataType::List(_) => Ok(datafusion::functions_nested::reverse::array_reverse_udf().call(call.args)),
        DataType::Binary => {
            let body: super::row::Body =
                |row| Ok(super::row::Value::Bytes(row.bytes(0).iter().rev().copied().collect()));
            super::row::Each::new(&[Takes::Bytes], super::row::Gives::Bytes, body)
                .call(call.name, call.args, call.typed)
        }
        _ => Ok(datafusion::functions::unicode::reverse().call(vec![call.taken(0, Takes::Text)?])),
    }
}

/// Arrays or texts behind each other; bytes when all are.
fn concat(call: Call<'_>) -> DfResult<Expr> {
    let found = call.types()?;
    let list = |found: &DataType| matches!(found, DataType::List(_));
    let Some(first) = found.first() else { return Ok(lit("")) };
    if found.iter().any(list) {
        let Some(other) = found.iter().find(|found| !list(found)) else {
            let lists = same_type(call.typed, call.name, call.args)?;
            let any_null = lists.iter().cloned().map(Expr::is_null).reduce(Expr::or);
            let null = call.typed.cast(lit(ScalarValue::Null), &call.typed.type_of(&lists[0])?)?;
            let all = datafusion::functions_nested::concat::array_concat_udf().call(lists);
            return super::conditional::case(vec![any_null.unwrap_or(lit(false)), null, all], call.typed);
        };
        return Err(super::different_types(call.name, &[first.clone(), other.clone()]));
    }
    if found.iter().all(|found| found == &DataType::Binary) {
        let body: super::row::Body =
            |row| Ok(super::row::Value::Bytes((0..row.len()).flat_map(|at| row.bytes(at)).copied().collect()));
        let each = super::row::Each::new(&[Takes::Bytes, Takes::Bytes], super::row::Gives::Bytes, body).variadic();
        return each.call(call.name, call.args, call.typed);
    }
    let texts = (0..call.args.len()).map(|position| call.taken(position, Takes::Text));
    Ok(datafusion_spark::function::string::concat().call(texts.collect::<DfResult<_>>()?))
}

/// Texts with the first between them; arrays are of texts, and NULL is left out.
fn concat_ws(call: Call<'_>) -> DfResult<Expr> {
    let list = |found: &DataType| matches!(found, DataType::List(_));
    if call.args.len() == 1 {
        let delimiter = call.taken(0, Takes::Text)?;
        return super::conditional::case(vec![delimiter.is_not_null(), lit("")], call.typed);
    }
    if !call.types()?.iter().any(list) {
        let texts = (0..call.args.len()).map(|position| call.taken(position, Takes::Text));
        return Ok(datafusion::functions::string::concat_ws().call(texts.collect::<DfResult<_>>()?));
    }
    let parts = (1..call.args.len()).map(|position| match list(&call.type_of(position)?) {
        true => {
            let texts = call.taken(position, Takes::Texts)?;
            let none = array(call.typed, vec![])?;
            super::plan("coalesce", vec![texts, none], call.typed)
        }
        false => array(call.typed, vec![call.taken(position, Takes::Text)?]),
    });
    let parts: Vec<Expr> = parts.collect::<DfResult<_>>()?;
    let all = super::plan("concat", parts, call.typed)?;
    super::plan("array_join", vec![all, call.taken(0, Takes::Text)?], call.typed)
}

/// A struct's field, found without regard to case, with its type.
pub(in super::super) fn field_of(value: Expr, data_type: &DataType, name: &str) -> DfResult<(Expr, DataType)> {
    match data_type {
        DataType::Struct(fields) => {
            let found = fields.iter().find(|f| f.name().eq_ignore_ascii_case(name));
            let Some(field) = found else {
                let known: Vec<_> = fields.iter().map(|f| format!("`{}`", f.name())).collect();
                return Err(errors::carried(SqlError::new(
                    "FIELD_NOT_FOUND",
                    "42704",
                    format!("No such struct field `{name}` in {}.", known.join(", ")),
                )));
            };
            let expr = get_field().call(vec![value, lit(field.name().as_str())]);
            Ok((expr, field.data_type().clone()))
        }
        DataType::Map(entries, _) => {
            let value_type = match entries.data_type() {
                DataType::Struct(pair) if pair.len() == 2 && pair[0].data_type() == &DataType::Utf8 => {
                    pair[1].data_type().clone()
                }
                _ => return Err(errors::carried(errors::unsupported("a field of a MAP whose keys are no STRING"))),
            };
            let expr = get_field().call(vec![value, lit(name)]);
            Ok((expr, value_type))
        }
        other => Err(errors::carried(SqlError::new(
            "INVALID_EXTRACT_BASE_FIELD_TYPE",
            "42000",
            format!(
                "Can't extract the field `{name}` from a value of type {}. Need a complex type [STRUCT, ARRAY, MAP].",
                types::quoted(other)
            ),
        ))),
    }
}

/// `array[index]`, counted from zero and an error outside of the array; `map[key]`, NULL without the key.
pub(super) fn item(typed: &Typed<'_>, value: Expr, index: Expr) -> DfResult<Expr> {
    match typed.type_of(&value)? {
        DataType::List(_) => {
            let index = typed.cast(index, &DataType::Int64)?;
            let checked = super::checked_index::call(value.clone(), index, super::checked_index::Base::Zero);
            Ok(array_element_udf().call(vec![value, checked]))
        }
        DataType::Map(entries, _) => map_value(typed, value, &entries.data_type().clone(), index),
        data_type @ DataType::Struct(_) => match index {
            Expr::Literal(ScalarValue::Utf8(Some(name)), _) => Ok(field_of(value, &data_type, &name)?.0),
            _ => Err(typed.mismatch("[]", &[data_type])),
        },
        DataType::Null => Err(typed.mismatch("[]", &[DataType::Null])),
        other => Err(errors::carried(SqlError::new(
            "INVALID_EXTRACT_BASE_FIELD_TYPE",
            "42000",
            format!("Can't extract a value from {}. Need a complex type [STRUCT, ARRAY, MAP].", types::quoted(&other)),
        ))),
    }
}

/// `element_at(array, n)`, counted from one, from the end when negative; `element_at(map, key)`.
pub(super) fn element_at(typed: &Typed<'_>, value: Expr, index: Expr) -> DfResult<Expr> {
    match typed.type_of(&value)? {
        DataType::List(_) => {
            let index = typed.cast(index, &DataType::Int64)?;
            let checked = super::checked_index::call(value.clone(), index, super::checked_index::Base::One);
            Ok(array_element_udf().call(vec![value, checked]))
        }
        DataType::Map(entries, _) => map_value(typed, value, &entries.data_type().clone(), index),
        other => Err(typed.mismatch("element_at", &[other])),
    }
}

fn map_value(typed: &Typed<'_>, map: Expr, pair: &DataType, key: Expr) -> DfResult<Expr> {
    let DataType::Struct(pair) = pair else {
        return Err(errors::carried(errors::internal("a map without keys")));
    };
    let key = typed.cast(key, pair[0].data_type())?;
    let found = datafusion::functions_nested::map_extract::map_extract_udf().call(vec![map, key]);
    Ok(array_element_udf().call(vec![found, lit(1_i64)]))
}

/// `named_struct('a', x, …)`.
pub(super) fn named_struct(args: Vec<Expr>) -> DfResult<Expr> {
    Ok(datafusion::functions::core::named_struct().call(args))
}

/// `array(…)` with all values of one type.
pub(super) fn array(typed: &Typed<'_>, args: Vec<Expr>) -> DfResult<Expr> {
    let args = super::same_type(typed, "array", args)?;
    if args.is_empty() {
        let empty = ScalarValue::List(ScalarValue::new_list_nullable(&[], &DataType::Null));
        return Ok(Expr::Literal(empty, None));
    }
    Ok(datafusion::functions_nested::make_array::make_array_udf().call(args))
}

/// `map(k1, v1, …)`.
pub(super) fn map(typed: &Typed<'_>, args: Vec<Expr>) -> DfResult<Expr> {
    if args.is_empty() {
        let DataType::Map(entries, sorted) = types::map(DataType::Null, DataType::Null) else {
            return Err(errors::carried(errors::internal("a map of another type")));
        };
        let none = new_empty_array(entries.data_type()).as_struct().clone();
        let one = MapArray::try_new(entries, OffsetBuffer::new(vec![0, 0].into()), none, None, sorted)?;
        return Ok(Expr::Literal(ScalarValue::Map(Arc::new(one)), None));
    }
    if !args.len().is_multiple_of(2) {
        return Err(super::wrong_count("map", "2n (n > 0)", args.len()));
    }
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (position, arg) in args.into_iter().enumerate() {
        if position % 2 == 0 { keys.push(arg) } else { values.push(arg) }
    }
    let make = datafusion::functions_nested::make_array::make_array_udf();
    let keys = make.call(super::same_type(typed, "map", keys)?);
    let values = make.call(super::same_type(typed, "map", values)?);
    Ok(datafusion::functions_nested::map::map_udf().call(vec![keys, values]))
}
