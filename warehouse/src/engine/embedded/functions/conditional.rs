//! Conditions and choices.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Case, Expr, Like, Operator, lit};

use super::super::errors;
use super::super::operators::Typed;
use super::registry::{Call, Function, planned};
use super::{different_types, same_type, wrong_count};
use crate::engine::SqlError;

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("between", 3..=3, |call| {
        let typed = call.typed;
        let [value, low, high] = call.take()?;
        if value.is_volatile() {
            return Err(errors::carried(errors::unsupported("BETWEEN of a value by chance")));
        }
        let from = typed.compare(Operator::GtEq, value.clone(), low)?;
        Ok(from.and(typed.compare(Operator::LtEq, value, high)?))
    }),
    planned("in", 2..=usize::MAX, |call| {
        let mut args = same_type(call.typed, "in", call.args)?;
        let value = args.remove(0);
        Ok(Expr::InList(InList::new(Box::new(value), args, false)))
    }),
    planned("case when", 2..=usize::MAX, |call| case(call.args, call.typed)),
    planned("if iff", 3..=3, |call| case(call.args, call.typed)),
    planned("coalesce", 1..=usize::MAX, coalesce),
    planned("nvl ifnull", 2..=2, coalesce),
    planned("nvl2", 3..=3, |call| {
        let typed = call.typed;
        let [value, then, otherwise] = call.take()?;
        case(vec![value.is_not_null(), then, otherwise], typed)
    }),
    planned("nullif", 2..=2, |call| {
        let typed = call.typed;
        let [value, other] = call.take()?;
        let equal = typed.compare(Operator::Eq, value.clone(), other)?;
        let null = typed.cast(lit(ScalarValue::Null), &typed.type_of(&value)?)?;
        Ok(Expr::Case(Case::new(None, vec![(Box::new(equal), Box::new(null))], Some(Box::new(value)))))
    }),
    planned("isnull", 1..=1, |call| call.take().map(|[value]| value.is_null())),
    planned("isnotnull", 1..=1, |call| call.take().map(|[value]| value.is_not_null())),
    planned("equal_null", 2..=2, |call| {
        let typed = call.typed;
        let [left, right] = call.take()?;
        typed.compare(Operator::IsNotDistinctFrom, left, right)
    }),
    planned("greatest", 2..=usize::MAX, |call| {
        Ok(datafusion::functions::core::greatest().call(ordered(call.typed, call.name, call.args)?))
    }),
    planned("least", 2..=usize::MAX, |call| {
        Ok(datafusion::functions::core::least().call(ordered(call.typed, call.name, call.args)?))
    }),
    planned("like ilike", 2..=3, |call| like(call.name == "ilike", call.args, call.typed)),
];

fn coalesce(call: Call<'_>) -> DfResult<Expr> {
    Ok(datafusion::functions::core::coalesce().call(same_type(call.typed, call.name, call.args)?))
}

/// Values to be compared with each other; text beside other types is not read as these here.
fn ordered(typed: &Typed<'_>, name: &str, args: Vec<Expr>) -> DfResult<Vec<Expr>> {
    let types = args.iter().map(|arg| typed.type_of(arg)).collect::<DfResult<Vec<_>>>()?;
    let text = |t: &DataType| *t == DataType::Utf8;
    match types.iter().any(text) && types.iter().any(|t| !text(t) && *t != DataType::Null) {
        true => Err(different_types(name, &types)),
        false => same_type(typed, name, args),
    }
}

/// Conditions and results in turn, the other result last.
pub(super) fn case(mut args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Expr> {
    let otherwise = if args.len() % 2 == 1 { args.pop() } else { None };
    let (mut conditions, mut results) = (Vec::new(), Vec::new());
    for (position, arg) in args.into_iter().enumerate() {
        if position % 2 == 1 {
            results.push(arg);
            continue;
        }
        let found = typed.type_of(&arg)?;
        if found != DataType::Boolean && found != DataType::Null {
            return Err(typed.mismatch("CASE WHEN", &[found]));
        }
        conditions.push(arg);
    }
    results.extend(otherwise.clone());
    let mut results = same_type(typed, "CASE", results)?;
    let otherwise = if otherwise.is_some() { results.pop().map(Box::new) } else { None };
    let branches = conditions.into_iter().map(Box::new).zip(results.into_iter().map(Box::new)).collect();
    Ok(Expr::Case(Case::new(None, branches, otherwise)))
}

fn like(ignore_case: bool, args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Expr> {
    let mut args = args.into_iter();
    let (Some(value), Some(pattern)) = (args.next(), args.next()) else {
        return Err(wrong_count("like", "2", 0));
    };
    let escape = match args.next() {
        None => None,
        Some(Expr::Literal(ScalarValue::Utf8(Some(text)), _)) => text.chars().next(),
        Some(other) => return Err(typed.mismatch("ESCAPE", &[typed.type_of(&other)?])),
    };
    let pattern = match pattern {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => lit(with_backslashes(&text, escape.unwrap_or('\\'))?),
        _ if escape.is_some_and(|escape| escape != '\\') => {
            return Err(errors::carried(errors::unsupported("ESCAPE behind a pattern that is not a literal")));
        }
        other => other,
    };
    let value = typed.cast(value, &DataType::Utf8)?;
    let pattern = typed.cast(pattern, &DataType::Utf8)?;
    Ok(Expr::Like(Like::new(false, Box::new(value), Box::new(pattern), None, ignore_case)))
}

/// A pattern whose wildcards are escaped by backslashes, which is all that the engine knows.
fn with_backslashes(pattern: &str, escape: char) -> DfResult<String> {
    let invalid = |class: &str, why: &str| {
        let text = format!("The format is invalid: '{pattern}'. The escape character {why}.");
        errors::carried(SqlError::new(&format!("INVALID_FORMAT.{class}"), "42601", text))
    };
    let mut result = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c == escape {
            match rest.next() {
                Some(wildcard @ ('%' | '_')) => result.extend(['\\', wildcard]),
                Some('\\') if escape == '\\' => result.push_str("\\\\"),
                Some(next) if next == escape => result.push(next),
                Some(next) => {
                    let why = format!("is not allowed to precede '{next}'");
                    return Err(invalid("ESC_IN_THE_MIDDLE", &why));
                }
                None => return Err(invalid("ESC_AT_THE_END", "is not allowed to end with")),
            }
        } else if c == '\\' {
            result.push_str("\\\\");
        } else {
            result.push(c);
        }
    }
    Ok(result)
}
