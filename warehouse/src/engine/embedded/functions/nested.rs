//! Arrays, maps and structs.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, MapArray, new_empty_array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions::core::get_field;
use datafusion::functions_nested::extract::array_element_udf;
use datafusion::logical_expr::{Expr, lit};

use super::super::operators::Typed;
use super::super::{errors, types};
use crate::engine::SqlError;

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
