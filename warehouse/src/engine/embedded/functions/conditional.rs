//! Conditions and choices.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Case, Expr, Like, Operator, lit};

use super::super::errors;
use super::super::operators::Typed;
use super::{different_types, same_type, wrong_count};
use crate::engine::SqlError;

/// Plans the operation of this name; `None` when it is another's.
pub(super) fn plan(name: &str, args: &[Expr], typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let args = args.to_vec();
    Ok(Some(match (name, args.len()) {
        ("between", 3) => {
            let [value, low, high] = three(args);
            let from = typed.compare(Operator::GtEq, value.clone(), low)?;
            from.and(typed.compare(Operator::LtEq, value, high)?)
        }
        ("in", 2..) => {
            let mut args = same_type(typed, "in", args)?;
            let value = args.remove(0);
            Expr::InList(InList::new(Box::new(value), args, false))
        }
        ("case", 2..) => case(args, typed)?,
        ("if" | "iff", 3) => {
            let [condition, then, otherwise] = three(args);
            case(vec![condition, then, otherwise], typed)?
        }
        ("coalesce" | "nvl" | "ifnull", 1..) => {
            if name != "coalesce" && args.len() != 2 {
                return Err(wrong_count(name, "2", args.len()));
            }
            datafusion::functions::core::coalesce().call(same_type(typed, name, args)?)
        }
        ("nvl2", 3) => {
            let [value, then, otherwise] = three(args);
            case(vec![value.is_not_null(), then, otherwise], typed)?
        }
        ("nullif", 2) => {
            let [value, other] = two(args);
            let equal = typed.compare(Operator::Eq, value.clone(), other)?;
            let null = typed.cast(lit(ScalarValue::Null), &typed.type_of(&value)?)?;
            Expr::Case(Case::new(None, vec![(Box::new(equal), Box::new(null))], Some(Box::new(value))))
        }
        ("isnull", 1) => one(args).is_null(),
        ("isnotnull", 1) => one(args).is_not_null(),
        ("equal_null", 2) => {
            let [left, right] = two(args);
            typed.compare(Operator::IsNotDistinctFrom, left, right)?
        }
        ("greatest", 2..) => datafusion::functions::core::greatest().call(ordered(typed, name, args)?),
        ("least", 2..) => datafusion::functions::core::least().call(ordered(typed, name, args)?),
        ("like" | "ilike", 2 | 3) => like(name == "ilike", args, typed)?,
        (
            "between" | "if" | "iff" | "nvl2" | "nullif" | "isnull" | "isnotnull" | "equal_null" | "greatest" | "least",
            count,
        ) => {
            return Err(wrong_count(name, "another number of", count));
        }
        _ => return Ok(None),
    }))
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

fn one(mut args: Vec<Expr>) -> Expr {
    args.pop().unwrap_or_else(|| lit(ScalarValue::Null))
}

fn two(args: Vec<Expr>) -> [Expr; 2] {
    args.try_into().unwrap_or_else(|_| [(); 2].map(|()| lit(ScalarValue::Null)))
}

fn three(args: Vec<Expr>) -> [Expr; 3] {
    args.try_into().unwrap_or_else(|_| [(); 3].map(|()| lit(ScalarValue::Null)))
}

/// Conditions and results in turn, the other result last.
fn case(mut args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Expr> {
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
