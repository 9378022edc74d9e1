//! Functions of one row's values that the engine has, or that are made of others.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions as df;
use datafusion::functions_nested as nested_df;
use datafusion::logical_expr::expr::Unnest;
use datafusion::logical_expr::{Case, Expr, ScalarUDF, lit};
use datafusion_spark::function as spark;

use super::super::arithmetic::{Digits, OnZero, Operation};
use super::super::cast::{Failure, cast_expr};
use super::super::operators::Typed;
use super::super::sql_type::simple_type_text;
use super::super::{errors, types};
use super::{nested, row, same_type, wrong_count};

/// Plans the function of this name; `None` when there is none.
pub(super) fn plan(name: &str, args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    if let Some(planned) = row::plan(name, &args, typed)? {
        return Ok(Some(planned));
    }
    if let Some((function, parameters)) = engine_function(name) {
        return with_parameters(name, &function, &parameters, args, typed).map(Some);
    }
    if let Some(planned) = of_session(name, args.len(), typed)? {
        return Ok(Some(planned));
    }
    let planned = match args.len() {
        1 => of_one(name, &args, typed)?,
        2 => of_two(name, &args, typed)?,
        _ => None,
    };
    match planned {
        Some(planned) => Ok(Some(planned)),
        None => of_many(name, args, typed),
    }
}

fn of_session(name: &str, count: usize, typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    if count > 0 {
        return Ok(None);
    }
    Ok(Some(match name {
        "current_catalog" => lit(typed.session.catalog.as_str()),
        "current_schema" | "current_database" => lit(typed.session.schema.as_str()),
        "current_user" | "user" | "session_user" => lit(typed.session.user.as_str()),
        "current_timezone" => lit(typed.session.time_zone()),
        "version" => lit(concat!("local-warehouse ", env!("CARGO_PKG_VERSION"))),
        "now" | "current_timestamp" => typed.session.now(),
        "current_date" | "curdate" => typed.cast(typed.session.now(), &DataType::Date32)?,
        "unix_timestamp" => return row::plan("unix_seconds", &[typed.session.now()], typed),
        "pi" => lit(std::f64::consts::PI),
        "e" => lit(std::f64::consts::E),
        "rand" | "random" => df::math::random().call(vec![]),
        "uuid" => df::string::uuid().call(vec![]),
        _ => return Ok(None),
    }))
}

fn of_one(name: &str, args: &[Expr], typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let value = args[0].clone();
    let found = typed.type_of(&value)?;
    Ok(Some(match name {
        "positive" if matches!(found, DataType::Interval(_) | DataType::Duration(_)) => value,
        "positive" => number(typed, name, value, &found)?,
        "negative" => negative(value, &found, typed)?,
        "abs" => {
            let number = number(typed, name, value, &found)?;
            df::math::abs().call(vec![number])
        }
        "ceil" | "ceiling" => spark::math::ceil().call(vec![number(typed, name, value, &found)?]),
        "floor" => spark::math::floor().call(vec![number(typed, name, value, &found)?]),
        "round" => round(value, 0, typed)?,
        "size" | "cardinality" => match found {
            DataType::List(_) | DataType::Map(..) => {
                let size = spark::collection::size().call(vec![value.clone()]);
                Expr::Case(Case::new(None, vec![(Box::new(value.is_not_null()), Box::new(size))], None))
            }
            other => return Err(typed.mismatch(name, &[other])),
        },
        "explode" | "explode_outer" => match found {
            DataType::List(_) => Expr::Unnest(Unnest { expr: Box::new(value), outer: name == "explode_outer" }),
            _ => return Err(errors::carried(errors::unsupported(format!("{name} of {}", types::quoted(&found))))),
        },
        "array_distinct" => nested_df::set_ops::array_distinct_udf().call(vec![list(typed, name, value, &found)?]),
        "array_max" => nested_df::min_max::array_max_udf().call(vec![list(typed, name, value, &found)?]),
        "array_min" => nested_df::min_max::array_min_udf().call(vec![list(typed, name, value, &found)?]),
        "flatten" => nested_df::flatten::flatten_udf().call(vec![list(typed, name, value, &found)?]),
        "map_keys" if matches!(found, DataType::Map(..)) => nested_df::map_keys::map_keys_udf().call(vec![value]),
        "map_values" if matches!(found, DataType::Map(..)) => nested_df::map_values::map_values_udf().call(vec![value]),
        "reverse" => match found {
            DataType::List(_) => nested_df::reverse::array_reverse_udf().call(vec![value]),
            _ => df::unicode::reverse().call(vec![typed.cast(value, &DataType::Utf8)?]),
        },
        "length" | "char_length" | "character_length" | "len" => match found {
            DataType::Binary => spark::string::length().call(vec![value]),
            _ => df::unicode::character_length().call(vec![typed.cast(value, &DataType::Utf8)?]),
        },
        "isnan" => df::math::isnan().call(vec![typed.cast(value, &DataType::Float64)?]),
        "date" | "to_date" => typed.cast(value, &DataType::Date32)?,
        "timestamp" | "to_timestamp" => typed.cast(value, &types::timestamp(typed.session.time_zone()))?,
        "unix_timestamp" | "to_unix_timestamp" => return row::plan("unix_seconds", args, typed),
        "string" => typed.cast(value, &DataType::Utf8)?,
        "tinyint" => typed.cast(value, &DataType::Int8)?,
        "smallint" => typed.cast(value, &DataType::Int16)?,
        "int" => typed.cast(value, &DataType::Int32)?,
        "bigint" => typed.cast(value, &DataType::Int64)?,
        "float" => typed.cast(value, &DataType::Float32)?,
        "double" => typed.cast(value, &DataType::Float64)?,
        "decimal" => typed.cast(value, &DataType::Decimal128(10, 0))?,
        "binary" => typed.cast(value, &DataType::Binary)?,
        "boolean" => typed.cast(value, &DataType::Boolean)?,
        "typeof" if matches!(found, DataType::Interval(_) | DataType::Duration(_)) => return Ok(None),
        "typeof" => lit(simple_type_text(&arrow_schema::Field::new("", found, true))),
        _ => return Ok(None),
    }))
}

fn of_two(name: &str, args: &[Expr], typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let (left, right) = (args[0].clone(), args[1].clone());
    Ok(Some(match name {
        "mod" => typed.arithmetic(Operation::Remainder, left, right, OnZero::Error)?,
        "pmod" => typed.arithmetic(Operation::PositiveRemainder, left, right, OnZero::Error)?,
        "div" => typed.arithmetic(Operation::IntegralDivide, left, right, OnZero::Error)?,
        "try_divide" => typed.arithmetic(Operation::Divide, left, right, OnZero::Null)?,
        "try_add" => typed.arithmetic(Operation::Add, left, right, OnZero::Null)?,
        "try_subtract" => typed.arithmetic(Operation::Subtract, left, right, OnZero::Null)?,
        "try_multiply" => typed.arithmetic(Operation::Multiply, left, right, OnZero::Null)?,
        "get_item" => nested::item(typed, left, right)?,
        "element_at" => nested::element_at(typed, left, right)?,
        "get_field" => {
            let data_type = typed.type_of(&left)?;
            match right {
                Expr::Literal(ScalarValue::Utf8(Some(field)), _) => nested::field_of(left, &data_type, &field)?.0,
                other => return Err(errors::carried(errors::internal(&format!("a field called {other}")))),
            }
        }
        "round" => match right {
            Expr::Literal(ScalarValue::Int32(Some(digits)), _) => round(left, digits, typed)?,
            _ => return Err(errors::carried(errors::unsupported("round to a number of digits that is not a literal"))),
        },
        "array_contains" => {
            let (list, item) = list_and_item(typed, name, left, right)?;
            spark::array::spark_array_contains().call(vec![list, item])
        }
        "array_remove" => {
            let (list, item) = list_and_item(typed, name, left, right)?;
            nested_df::remove::array_remove_all_udf().call(vec![list, item])
        }
        "array_append" => {
            let (list, item) = list_and_item(typed, name, left, right)?;
            nested_df::concat::array_append_udf().call(vec![list, item])
        }
        "array_join" => {
            let data_type = typed.type_of(&left)?;
            let list = list(typed, name, left, &data_type)?;
            let list = typed.cast(list, &types::array(DataType::Utf8))?;
            nested_df::string::array_to_string_udf().call(vec![list, typed.cast(right, &DataType::Utf8)?])
        }
        "to_date" => return row::plan("to_date_pattern", args, typed),
        "to_timestamp" => return row::plan("to_timestamp_pattern", args, typed),
        "extract" | "date_part" | "datepart" => match left {
            Expr::Literal(ScalarValue::Utf8(Some(unit)), _) => part(&unit, right, typed)?,
            _ => return Err(errors::carried(errors::unsupported(format!("{name} of a field that is not a literal")))),
        },
        _ => return Ok(None),
    }))
}

fn of_many(name: &str, args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let texts =
        |args: Vec<Expr>| args.into_iter().map(|a| typed.cast(a, &DataType::Utf8)).collect::<DfResult<Vec<_>>>();
    Ok(Some(match name {
        "array" => nested::array(typed, args)?,
        "map" => nested::map(typed, args)?,
        "named_struct" => nested::named_struct(args)?,
        "concat" | "||" => {
            let first = args.first().map(|a| typed.type_of(a)).transpose()?;
            match first {
                Some(DataType::List(_)) => nested_df::concat::array_concat_udf().call(same_type(typed, name, args)?),
                Some(_) => spark::string::concat().call(texts(args)?),
                None => lit(""),
            }
        }
        "concat_ws" if args.len() > 1 => {
            let args = texts(args)?;
            df::string::concat_ws().call(args)
        }
        "xxhash64" | "hash" => return Err(errors::carried(errors::unsupported(format!("the function {name}")))),
        _ => return Ok(None),
    }))
}

fn number(typed: &Typed<'_>, name: &str, value: Expr, found: &DataType) -> DfResult<Expr> {
    match found {
        DataType::Utf8 | DataType::Null => typed.cast(value, &DataType::Float64),
        found if found.is_numeric() => Ok(value),
        found => Err(typed.mismatch(name, std::slice::from_ref(found))),
    }
}

fn list(typed: &Typed<'_>, name: &str, value: Expr, found: &DataType) -> DfResult<Expr> {
    match found {
        DataType::List(_) => Ok(value),
        found => Err(typed.mismatch(name, std::slice::from_ref(found))),
    }
}

fn list_and_item(typed: &Typed<'_>, name: &str, value: Expr, item: Expr) -> DfResult<(Expr, Expr)> {
    match typed.type_of(&value)? {
        DataType::List(field) => Ok((value, typed.cast(item, field.data_type())?)),
        other => Err(typed.mismatch(name, &[other])),
    }
}

fn negative(value: Expr, found: &DataType, typed: &Typed<'_>) -> DfResult<Expr> {
    match found {
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => Ok(Expr::Negative(Box::new(value))),
        DataType::Utf8 | DataType::Null => Ok(Expr::Negative(Box::new(typed.cast(value, &DataType::Float64)?))),
        found if found.is_integer() => {
            let zero = typed.cast(lit(0_i8), found)?;
            typed.arithmetic(Operation::Subtract, zero, value, OnZero::Error)
        }
        found => Err(typed.mismatch("-", std::slice::from_ref(found))),
    }
}

/// Rounds half away from zero.
fn round(value: Expr, digits: i32, typed: &Typed<'_>) -> DfResult<Expr> {
    let found = typed.type_of(&value)?;
    match &found {
        DataType::Decimal128(precision, scale) => {
            let wanted = i8::try_from(digits.clamp(-38, 38)).unwrap_or(0);
            if wanted < 0 {
                return Err(errors::carried(errors::unsupported("round of a DECIMAL to tens")));
            }
            let scale_after = wanted.min(*scale);
            let whole = i16::from(*precision) - i16::from(*scale) + 1;
            let precision = u8::try_from((whole + i16::from(scale_after)).min(38)).unwrap_or(38);
            let to = Digits { precision, scale: scale_after }.data_type();
            cast_expr(value, &found, &to, typed.zone(), Failure::Error)
        }
        found if found.is_integer() && digits >= 0 => Ok(value),
        DataType::Float32 | DataType::Float64 | DataType::Utf8 | DataType::Null if digits >= 0 => {
            // The digits that a reader sees are those that are rounded.
            let wide = typed.cast(value, &DataType::Float64)?;
            let rounded = row::plan("round_double", &[wide, lit(digits)], typed)?;
            let rounded = rounded.ok_or_else(|| errors::carried(errors::internal("rounding is missing")))?;
            match found {
                DataType::Float32 => typed.cast(rounded, &DataType::Float32),
                _ => Ok(rounded),
            }
        }
        found if found.is_numeric() => Err(errors::carried(errors::unsupported("round to tens"))),
        found => Err(typed.mismatch("round", std::slice::from_ref(found))),
    }
}

/// `extract(unit FROM value)`.
fn part(unit: &str, value: Expr, typed: &Typed<'_>) -> DfResult<Expr> {
    let name = match unit.to_ascii_uppercase().as_str() {
        "YEAR" | "Y" | "YEARS" | "YR" | "YRS" => "year",
        "QUARTER" | "QTR" => "quarter",
        "MONTH" | "MON" | "MONS" | "MONTHS" => "month",
        "WEEK" | "W" | "WEEKS" => "weekofyear",
        "DAY" | "D" | "DAYS" => "day",
        "DAYOFWEEK" | "DOW" => "dayofweek",
        "DOY" | "DAYOFYEAR" => "dayofyear",
        "HOUR" | "H" | "HOURS" | "HR" | "HRS" => "hour",
        "MINUTE" | "M" | "MIN" | "MINS" | "MINUTES" => "minute",
        other => return Err(errors::carried(errors::unsupported(format!("extract of {other}")))),
    };
    match typed.type_of(&value)? {
        DataType::Date32 | DataType::Timestamp(..) | DataType::Utf8 => {}
        other => return Err(errors::carried(errors::unsupported(format!("extract from {}", types::quoted(&other))))),
    }
    let planned = row::plan(name, &[value], typed)?;
    planned.ok_or_else(|| errors::carried(errors::internal("a field of dates is missing")))
}

/// A function of the engine's that means the same, with the types of its parameters.
fn engine_function(name: &str) -> Option<(Arc<ScalarUDF>, Vec<DataType>)> {
    use DataType::{Float64, Utf8};
    let one = |function: Arc<ScalarUDF>| (function, vec![Float64]);
    Some(match name {
        "upper" | "ucase" => (df::string::upper(), vec![Utf8]),
        "lower" | "lcase" => (df::string::lower(), vec![Utf8]),
        "translate" => (df::unicode::translate(), vec![Utf8, Utf8, Utf8]),
        "levenshtein" => (df::string::levenshtein(), vec![Utf8, Utf8]),
        "md5" => (df::crypto::md5(), vec![Utf8]),
        "sqrt" => one(df::math::sqrt()),
        "cbrt" => one(df::math::cbrt()),
        "exp" => one(df::math::exp()),
        "sin" => one(df::math::sin()),
        "cos" => one(df::math::cos()),
        "tan" => one(df::math::tan()),
        "asin" => one(df::math::asin()),
        "acos" => one(df::math::acos()),
        "atan" => one(df::math::atan()),
        "sinh" => one(df::math::sinh()),
        "cosh" => one(df::math::cosh()),
        "tanh" => one(df::math::tanh()),
        "degrees" => one(df::math::degrees()),
        "radians" => one(df::math::radians()),
        "sign" | "signum" => one(df::math::signum()),
        "atan2" => (df::math::atan2(), vec![Float64, Float64]),
        "hypot" => (spark::math::hypot(), vec![Float64, Float64]),
        _ => return None,
    })
}

fn with_parameters(
    name: &str,
    function: &Arc<ScalarUDF>,
    parameters: &[DataType],
    args: Vec<Expr>,
    typed: &Typed<'_>,
) -> DfResult<Expr> {
    if args.len() != parameters.len() {
        return Err(wrong_count(name, &parameters.len().to_string(), args.len()));
    }
    let args: DfResult<Vec<Expr>> = args.into_iter().zip(parameters).map(|(a, t)| typed.cast(a, t)).collect();
    Ok(function.call(args?))
}
