//! The names that the reference gives to columns without an alias.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, CeilFloorKind, DuplicateTreatment, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArguments, Ident, LambdaFunction, OrderByExpr, Query, SelectItem, SetExpr, Subscript,
    UnaryOperator, Value, WindowFrame, WindowFrameBound, WindowSpec, WindowType, visit_expressions_mut,
};

use super::super::functions::OF_BYTES;
use super::super::routines::ROUTINE;
use super::super::time::parse_timestamp;
use super::super::variables::{READ, READ_QUALIFIED};
use super::super::{cast, text, types};
use super::fold::fold;
use super::literal_names::{interval_name, shown_date, shown_local_time};
use super::quantified::quantifier;
use super::typed_call::{TypedOp, number_type, typed_arguments};
use datafusion::arrow::datatypes::DataType;

/// A type as it was written, in the reference's form.
fn type_name(text: &str) -> String {
    let parsed = types::parse(text, "UTC").ok();
    parsed.and_then(|t| types::sql_text(&t)).unwrap_or_else(|| text.to_ascii_uppercase())
}

/// Stands in a name that the reference derives from more than the text, such as the types of operands.
pub(in super::super) const UNKNOWN: char = '\u{3}';

/// Functions that are shown in capitals.
const CAPITALS: [&str; 32] = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "cot",
    "csc",
    "degrees",
    "e",
    "exp",
    "expm1",
    "hypot",
    "log10",
    "log1p",
    "log2",
    "pi",
    "power",
    "radians",
    "regexp",
    "regexp_like",
    "rlike",
    "sec",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
];

/// Functions that are casts: only their argument is shown.
const CASTS: [&str; 12] = [
    "bigint",
    "binary",
    "boolean",
    "date",
    "decimal",
    "double",
    "float",
    "int",
    "smallint",
    "string",
    "timestamp",
    "tinyint",
];

/// The arguments that are shown though nobody wrote them: function, how many are written, what follows.
const DEFAULTS: [(&str, usize, &str); 38] = [
    ("approx_percentile", 2, ", 10000"),
    ("bround", 1, ", 0"),
    ("charindex", 2, ", 1"),
    ("from_unixtime", 1, ", yyyy-MM-dd HH:mm:ss"),
    ("listagg", 1, ", NULL"),
    ("locate", 2, ", 1"),
    ("lpad", 2, ",  "),
    ("make_dt_interval", 0, "0, 0, 0, 0.000000"),
    ("make_dt_interval", 1, ", 0, 0, 0.000000"),
    ("make_dt_interval", 2, ", 0, 0.000000"),
    ("make_dt_interval", 3, ", 0.000000"),
    ("make_ym_interval", 0, "0, 0"),
    ("make_ym_interval", 1, ", 0"),
    ("mask", 1, ", X, x, n, NULL"),
    ("mask", 2, ", x, n, NULL"),
    ("mask", 3, ", n, NULL"),
    ("mask", 4, ", NULL"),
    ("months_between", 2, ", true"),
    ("overlay", 3, ", -1"),
    ("percentile", 2, ", 1"),
    ("percentile_approx", 2, ", 10000"),
    ("position", 2, ", 1"),
    ("regexp_extract", 2, ", 1"),
    ("regexp_extract_all", 2, ", 1"),
    ("regexp_instr", 2, ", 0"),
    ("regexp_replace", 3, ", 1"),
    ("replace", 2, ", "),
    ("round", 1, ", 0"),
    ("rpad", 2, ",  "),
    ("sort_array", 1, ", true"),
    ("split", 2, ", -1"),
    ("str_to_map", 1, ", ,, :"),
    ("str_to_map", 2, ", :"),
    ("string_agg", 1, ", NULL"),
    ("to_unix_timestamp", 1, ", yyyy-MM-dd HH:mm:ss"),
    ("unix_timestamp", 1, ", yyyy-MM-dd HH:mm:ss"),
    ("vector_norm", 1, ", 2.0"),
    ("vector_normalize", 1, ", 2.0"),
];

/// The lambda that the reference sorts by when there is none.
const NATURAL_ORDER: &str = "lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), 0, \
     (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF((namedlambdavariable() < \
     namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), namedlambdavariable(), \
     namedlambdavariable())";

/// The name of a column of a select list: the cast of a column is called as the column.
pub(in super::super) fn column_name(expr: &Expr) -> String {
    match expr {
        Expr::Cast { expr, .. } if matches!(expr.as_ref(), Expr::Identifier(_) | Expr::CompoundIdentifier(_)) => {
            shown_name(expr)
        }
        Expr::Nested(expr) => column_name(expr),
        Expr::BinaryOp { op, right, .. } => match TypedOp::decode(op) {
            Some(TypedOp::Call(READ | READ_QUALIFIED)) => text_argument(right, 2),
            Some(TypedOp::Call(".")) => text_argument(right, 1),
            _ => shown_name(expr),
        },
        expr => shown_name(expr),
    }
}

/// A typed call's argument that is a text.
fn text_argument(arguments: &Expr, position: usize) -> String {
    match typed_arguments(arguments).and_then(|args| args.get(position)) {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))) => {
            value.value.clone().into_string().filter(|text| !text.is_empty()).unwrap_or_else(|| UNKNOWN.to_string())
        }
        _ => UNKNOWN.to_string(),
    }
}

/// The name of an expression in a result.
pub(in super::super) fn shown_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts.last().map(|p| p.value.clone()).unwrap_or_default(),
        Expr::Value(value) => value_name(&value.value),
        Expr::Nested(inner) => shown_name(inner),
        Expr::BinaryOp { left, op, right } => match TypedOp::decode(op) {
            Some(TypedOp::Cast(sql_type)) => parameter_name(sql_type, right),
            Some(TypedOp::Call(READ | READ_QUALIFIED)) => text_argument(right, 1),
            Some(TypedOp::Call(ROUTINE)) => text_argument(right, 0),
            Some(_) => UNKNOWN.to_string(),
            _ => binary_name(left, op, right),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match expr.as_ref() {
            Expr::Value(value) if matches!(value.value, Value::Number(..)) => {
                let name = value_name(&value.value);
                // A DECIMAL has no negative zero.
                let zero = name.chars().all(|c| matches!(c, '0' | '.')) && !is_double(&value.value);
                if zero { name } else { format!("-{name}") }
            }
            operand => format!("(- {})", shown_name(operand)),
        },
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => format!("(+ {})", shown_name(expr)),
        Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, expr } => {
            format!("(NOT {})", shown_name(expr))
        }
        Expr::UnaryOp { op, expr } => format!("{op}{}", shown_name(expr)),
        Expr::IsNull(operand) => format!("({} IS NULL)", shown_name(operand)),
        Expr::IsNotNull(operand) => format!("({} IS NOT NULL)", shown_name(operand)),
        Expr::IsTrue(operand) => format!("({} <=> true)", shown_name(operand)),
        Expr::IsFalse(operand) => format!("({} <=> false)", shown_name(operand)),
        Expr::IsNotTrue(operand) => format!("(NOT ({} <=> true))", shown_name(operand)),
        Expr::IsNotFalse(operand) => format!("(NOT ({} <=> false))", shown_name(operand)),
        Expr::IsDistinctFrom(left, right) => format!("(NOT ({} <=> {}))", shown_name(left), shown_name(right)),
        Expr::IsNotDistinctFrom(left, right) => format!("({} <=> {})", shown_name(left), shown_name(right)),
        Expr::Interval(interval) => interval_name(interval).unwrap_or_else(|| UNKNOWN.to_string()),
        // A cast to a nested type is not shown.
        Expr::Cast { expr, data_type, .. } if is_nested(&data_type.to_string()) => shown_name(expr),
        Expr::Cast { kind, expr, data_type, .. } => {
            let name = match kind {
                CastKind::Cast | CastKind::DoubleColon => "CAST",
                CastKind::TryCast | CastKind::SafeCast => "TRY_CAST",
            };
            format!("{name}({} AS {})", shown_name(expr), type_name(&data_type.to_string()))
        }
        Expr::TypedString(typed) => {
            format!("{} '{}'", typed.data_type, typed.value.value.clone().into_string().unwrap_or_default())
        }
        Expr::Between { expr, negated, low, high } => {
            let name = format!("between({}, {}, {})", shown_name(expr), shown_name(low), shown_name(high));
            if *negated { format!("(NOT {name})") } else { name }
        }
        Expr::InList { expr, list, negated } => {
            let name = format!("({} IN ({}))", shown_name(expr), joined(list));
            if *negated { format!("(NOT {name})") } else { name }
        }
        // Of several patterns.
        Expr::Like { pattern, any, .. } | Expr::ILike { pattern, any, .. } if quantifier(*any, pattern).is_some() => {
            UNKNOWN.to_string()
        }
        Expr::Like { expr, pattern, negated, .. } => {
            let name = format!("{} LIKE {}", shown_name(expr), shown_name(pattern));
            if *negated { format!("(NOT {name})") } else { name }
        }
        Expr::ILike { expr, pattern, negated, .. } => {
            let name = format!("ilike({}, {})", shown_name(expr), shown_name(pattern));
            if *negated { format!("(NOT {name})") } else { name }
        }
        Expr::Position { expr, r#in } => format!("locate({}, {}, 1)", shown_name(expr), shown_name(r#in)),
        Expr::RLike { expr, pattern, negated, .. } => {
            let name = format!("RLIKE({}, {})", shown_name(expr), shown_name(pattern));
            if *negated { format!("(NOT {name})") } else { name }
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let mut name = "CASE".to_owned();
            let operand = operand.as_ref().map(|operand| shown_name(operand));
            for when in conditions {
                let condition = match &operand {
                    Some(operand) => format!("({operand} = {})", shown_name(&when.condition)),
                    None => shown_name(&when.condition),
                };
                name.push_str(&format!(" WHEN {condition} THEN {}", shown_name(&when.result)));
            }
            if let Some(result) = else_result {
                name.push_str(&format!(" ELSE {}", shown_name(result)));
            }
            name + " END"
        }
        // The field is shown as it was written, which the parser does not keep.
        Expr::Extract { .. } => UNKNOWN.to_string(),
        Expr::Ceil { expr, field } => scaled_name("ceil", expr, field),
        Expr::Floor { expr, field } => scaled_name("floor", expr, field),
        Expr::Lambda(lambda) => lambda_name(lambda),
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            let length = overlay_for.as_ref().map_or_else(|| "-1".to_owned(), |length| shown_name(length));
            let (over, from) = (shown_name(overlay_what), shown_name(overlay_from));
            format!("overlay({}, {over}, {from}, {length})", shown_name(expr))
        }
        Expr::Substring { expr, substring_from, substring_for, shorthand, special } => {
            let function = if *shorthand && *special { "substr" } else { "substring" };
            let args: Vec<_> = std::iter::once(expr)
                .chain(substring_from)
                .chain(substring_for)
                .map(|e| shown_name(e))
                .chain(substring_for.is_none().then(|| i32::MAX.to_string()))
                .collect();
            format!("{function}({})", args.join(", "))
        }
        Expr::Trim { trim_where: None, trim_what: None, expr, .. } => format!("trim({})", shown_name(expr)),
        Expr::Trim { trim_where, trim_what, expr, .. } => {
            let side = trim_where.map_or_else(|| "BOTH".to_owned(), |w| w.to_string());
            let what = trim_what.as_ref().map(|w| format!("{} ", shown_name(w))).unwrap_or_default();
            format!("TRIM({side} {what}FROM {})", shown_name(expr))
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let mut name = shown_name(root);
            for step in access_chain {
                match step {
                    AccessExpr::Subscript(Subscript::Index { index }) => {
                        name.push_str(&format!("[{}]", shown_name(index)))
                    }
                    AccessExpr::Dot(field) => name.push_str(&format!(".{}", shown_name(field))),
                    other => name.push_str(&other.to_string()),
                }
            }
            name
        }
        Expr::Struct { values, .. } => format!("struct({})", joined(values)),
        Expr::Named { expr, name } => format!("{} AS {}", shown_name(expr), name.value),
        Expr::Function(function) => function_name(function),
        // The name tells what it reads from outside, also where its WITH does.
        Expr::Subquery(query)
            if query.with.iter().flat_map(|with| &with.cte_tables).any(|cte| has_no_table(&cte.query)) =>
        {
            UNKNOWN.to_string()
        }
        Expr::Subquery(_) => "scalarsubquery()".to_owned(),
        Expr::Exists { negated, .. } => if *negated { "(NOT exists())" } else { "exists()" }.to_owned(),
        Expr::InSubquery { expr, negated, .. } => {
            let within = format!("({} IN (listquery()))", shown_name(expr));
            if *negated { format!("(NOT {within})") } else { within }
        }
        other => other.to_string(),
    }
}

/// Whether a query without FROM names columns.
fn has_no_table(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    let named =
        |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(Expr::Identifier(_) | Expr::CompoundIdentifier(_)));
    select.from.is_empty() && select.projection.iter().any(named)
}

/// A parameter is shown as the literal of its value.
fn parameter_name(sql_type: &str, value: &Expr) -> String {
    let text = match typed_arguments(value) {
        Some([FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))]) => match &value.value {
            Value::Null => return "NULL".to_owned(),
            Value::SingleQuotedString(text) => text,
            _ => return UNKNOWN.to_string(),
        },
        _ => return UNKNOWN.to_string(),
    };
    let trimmed = text.trim();
    // What is no value of its type has no name, and fails when it is cast.
    let name = match types::parse(sql_type, "UTC") {
        Ok(DataType::Utf8) => Some(text.clone()),
        Ok(DataType::Boolean) => Some(trimmed.to_lowercase()),
        Ok(integer) if integer.is_integer() => trimmed.parse::<i64>().ok().map(|value| value.to_string()),
        Ok(DataType::Float64) => trimmed.parse().ok().map(text::double),
        Ok(DataType::Float32) => trimmed.parse().ok().map(text::float),
        Ok(DataType::Decimal128(precision, scale)) => match cast::decimal(trimmed, precision, scale) {
            Some(Ok(value)) => Some(text::decimal(value, scale)),
            _ => None,
        },
        Ok(DataType::Binary) => {
            Some(format!("X'{}'", text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>()))
        }
        Ok(DataType::Date32) => shown_date(trimmed).map(|text| format!("DATE '{text}'")),
        // They were written as local times where that is the same instant.
        Ok(DataType::Timestamp(_, zone)) => match shown_local_time(text) {
            Some(local) if local == *text => {
                Some(format!("TIMESTAMP{} '{text}'", if zone.is_some() { "" } else { "_NTZ" }))
            }
            _ if parse_timestamp(text).is_some() => return UNKNOWN.to_string(),
            _ => None,
        },
        _ => return UNKNOWN.to_string(),
    };
    name.unwrap_or_else(|| text.clone())
}

fn is_nested(sql_type: &str) -> bool {
    let upper = sql_type.to_ascii_uppercase();
    ["ARRAY", "MAP", "STRUCT"].iter().any(|name| upper.starts_with(name))
}

fn is_double(value: &Value) -> bool {
    matches!(value, Value::Number(number, _) if ["DOUBLE", "FLOAT"].contains(&number_type(number).0.as_str()))
}

fn joined(list: &[Expr]) -> String {
    list.iter().map(shown_name).collect::<Vec<_>>().join(", ")
}

fn value_name(value: &Value) -> String {
    match value {
        Value::Number(number, _) => {
            let (sql_type, digits) = number_type(number);
            match types::parse(&sql_type, "UTC") {
                Ok(DataType::Float64 | DataType::Float32) => digits.parse::<f64>().map_or(digits, text::double),
                Ok(DataType::Decimal128(precision, scale)) => match cast::decimal(&digits, precision, scale) {
                    Some(Ok(value)) => scientific(value, scale),
                    _ => digits,
                },
                Ok(integer) if integer.is_integer() => {
                    let zeros = digits.trim_start_matches('0');
                    if zeros.is_empty() { "0".to_owned() } else { zeros.to_owned() }
                }
                _ => digits,
            }
        }
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::HexStringLiteral(digits) => format!("X'{}'", digits.to_uppercase()),
        other => other.clone().into_string().unwrap_or_else(|| other.to_string()),
    }
}

/// A decimal as Java writes it: with an exponent where more than five zeros would follow the point.
fn scientific(value: i128, scale: i8) -> String {
    let digits = value.unsigned_abs().to_string();
    let exponent = digits.len() as i64 - 1 - i64::from(scale);
    if scale <= 0 || exponent >= -6 {
        return text::decimal(value, scale);
    }
    let sign = if value < 0 { "-" } else { "" };
    match digits.split_at(1) {
        (first, "") => format!("{sign}{first}E{exponent}"),
        (first, more) => format!("{sign}{first}.{more}E{exponent}"),
    }
}

fn binary_name(left: &Expr, op: &BinaryOperator, right: &Expr) -> String {
    if let Some(name) = rounded_name(left, op, right) {
        return name;
    }
    if matches!(op, BinaryOperator::Plus | BinaryOperator::Minus)
        && let Some(name) = moved_name(left, op, right)
    {
        return name;
    }
    // An interval stands first.
    let (left, right) = match op {
        BinaryOperator::Multiply if matches!(right, Expr::Interval(_)) => (right, left),
        _ => (left, right),
    };
    let (left, right) = (shown_name(left), shown_name(right));
    match op {
        BinaryOperator::StringConcat => format!("concat({left}, {right})"),
        BinaryOperator::NotEq => format!("(NOT ({left} = {right}))"),
        BinaryOperator::Spaceship => format!("({left} <=> {right})"),
        BinaryOperator::MyIntegerDivide => format!("({left} div {right})"),
        op => format!("({left} {op} {right})"),
    }
}

/// The name of a comparison of a whole number with a DECIMAL literal, which is rounded so that the result is the same. `None` of another
/// comparison; unknown beside what may be a whole number.
fn rounded_name(left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<String> {
    let number = |expr: &Expr| match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => Some((number_type(number).0, number.clone())),
            _ => Some(("STRING".to_owned(), String::new())),
        },
        Expr::Cast { data_type, .. } => Some((type_name(&data_type.to_string()), String::new())),
        _ => None,
    };
    let fraction =
        |expr: &Expr| number(expr).filter(|(sql_type, text)| sql_type.starts_with("DECIMAL") && text.contains('.'));
    let (literal, other, on_the_right) = match (fraction(left), fraction(right)) {
        (None, Some((_, literal))) => (literal, left, true),
        (Some((_, literal)), None) => (literal, right, false),
        _ => return None,
    };
    let up = match op {
        BinaryOperator::Gt | BinaryOperator::LtEq => !on_the_right,
        BinaryOperator::Lt | BinaryOperator::GtEq => on_the_right,
        _ => return None,
    };
    match number(other) {
        None => Some(UNKNOWN.to_string()),
        Some((sql_type, _)) if ["TINYINT", "SMALLINT", "INT", "BIGINT"].contains(&sql_type.as_str()) => {
            let value: f64 = literal.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok()?;
            let rounded = if up { value.ceil() } else { value.floor() };
            if rounded > 100.0 {
                return Some(UNKNOWN.to_string());
            }
            Some(match on_the_right {
                true => format!("({} {op} {rounded})", shown_name(other)),
                false => format!("({rounded} {op} {})", shown_name(other)),
            })
        }
        Some(_) => None,
    }
}

/// A date or timestamp moved by an interval or by days; `None` when these are numbers, as far as the text tells.
fn moved_name(left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<String> {
    let is_date = |expr: &Expr| matches!(expr, Expr::TypedString(typed) if typed.data_type.to_string() == "DATE");
    let is_days = |expr: &Expr| matches!(expr, Expr::Value(value) if matches!(value.value, Value::Number(..)));
    let minus = matches!(op, BinaryOperator::Minus);
    match (left, right) {
        // Two intervals, or an interval first: the units of both take part.
        (Expr::Interval(_), _) => Some(UNKNOWN.to_string()),
        (_, Expr::Interval(_)) => {
            let (moved, interval) = (shown_name(left), shown_name(right));
            Some(match (interval.ends_with("DAY"), left) {
                (true, left) if is_date(left) && minus => {
                    format!("date_add({moved}, (- extractansiintervaldays({interval})))")
                }
                (true, left) if is_date(left) => format!("date_add({moved}, extractansiintervaldays({interval}))"),
                (true, left) if !matches!(left, Expr::TypedString(_)) => {
                    // Depends on whether the left side is a date or a timestamp.
                    UNKNOWN.to_string()
                }
                _ => format!("{moved} {op} {interval}"),
            })
        }
        (left, right) if is_date(left) && is_days(right) => {
            let moves = if minus { "sub" } else { "add" };
            Some(format!("date_{moves}({}, {})", shown_name(left), shown_name(right)))
        }
        (left, right) if is_days(left) && is_date(right) && !minus => {
            Some(format!("date_add({}, {})", shown_name(right), shown_name(left)))
        }
        _ => None,
    }
}

/// Whether the text of an argument tells that it is of bytes.
fn is_of_bytes(arg: &FunctionArg) -> bool {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => {
            matches!(value.value, Value::HexStringLiteral(_))
        }
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(call))) => {
            OF_BYTES.contains(&call.name.to_string().to_lowercase().as_str())
        }
        _ => false,
    }
}

/// Whether the last argument is a sum, which is shown otherwise when it is of a timestamp and an interval.
fn is_moved(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    matches!(list.args.last(), Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::BinaryOp { .. }))))
}

/// `to_char`, which is another function for dates and for bytes.
fn to_char_name(function: &Function, args: &str) -> String {
    let FunctionArguments::List(list) = &function.args else { return UNKNOWN.to_string() };
    match (&list.args[0], args.rsplit_once(", ")) {
        (FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::TypedString(_))), _) => format!("date_format({args})"),
        // By the name under which the other function was called.
        (value, _) if is_of_bytes(value) && function.name.to_string().eq_ignore_ascii_case("to_varchar") => {
            UNKNOWN.to_string()
        }
        (value, Some((shown, format))) if is_of_bytes(value) => match format.to_lowercase().as_str() {
            "utf-8" | "utf8" => format!("decode({shown}, utf-8)"),
            format => format!("{format}({shown})"),
        },
        _ => format!("to_char({args})"),
    }
}

/// `CEIL(x)`, and `ceil(x, 2)` to places.
fn scaled_name(name: &str, expr: &Expr, field: &CeilFloorKind) -> String {
    match field {
        CeilFloorKind::Scale(places) => format!("{name}({}, {})", shown_name(expr), value_name(&places.value)),
        CeilFloorKind::DateTimeField(_) => format!("{}({})", name.to_uppercase(), shown_name(expr)),
    }
}

/// A lambda's parameters have no names of their own.
fn lambda_name(lambda: &LambdaFunction) -> String {
    const VARIABLE: &str = "namedlambdavariable()";
    let names: Vec<String> = lambda.params.iter().map(|param| fold(&param.name.value)).collect();
    let mut body = (*lambda.body).clone();
    let is_own = |ident: &Ident| names.contains(&fold(&ident.value));
    let _ = visit_expressions_mut(&mut body, |expr| {
        match expr {
            Expr::Identifier(ident) if is_own(ident) => ident.value = VARIABLE.to_owned(),
            // A field of a parameter.
            Expr::CompoundIdentifier(parts) if is_own(&parts[0]) => {
                let fields: Vec<&str> = parts[1..].iter().map(|part| part.value.as_str()).collect();
                *expr = Expr::Identifier(Ident::new(format!("{VARIABLE}.{}", fields.join("."))));
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    let variables: String = names.iter().map(|_| format!(", {VARIABLE}")).collect();
    format!("lambdafunction({}{variables})", shown_name(&body))
}

/// The order WITHIN GROUP as the reference tells it, which is another for each function.
fn within_group_name(name: &str, function: &Function) -> String {
    let [key] = function.within_group.as_slice() else { return String::new() };
    let descending = key.options.asc == Some(false);
    let shown = match name {
        "listagg" | "string_agg" => order_name(key),
        // The greatest of several comes first in an order from the end.
        _ if descending != (name == "mode") => format!("{} DESC", shown_name(&key.expr)),
        _ => shown_name(&key.expr),
    };
    format!(" WITHIN GROUP (ORDER BY {shown})")
}

fn function_name(function: &Function) -> String {
    let name = function.name.to_string().to_lowercase();
    if name == "explode" || name == "explode_outer" {
        return "col".to_owned();
    }
    let count = match &function.args {
        FunctionArguments::List(list) => list.args.len(),
        _ => 0,
    };
    let args = match &function.args {
        FunctionArguments::None => String::new(),
        FunctionArguments::Subquery(_) => "scalarsubquery()".to_owned(),
        FunctionArguments::List(list) => {
            let distinct = match list.duplicate_treatment {
                Some(DuplicateTreatment::Distinct) => "DISTINCT ",
                _ => "",
            };
            let args: Vec<_> = list.args.iter().map(argument_name).collect();
            format!("{distinct}{}", args.join(", "))
        }
    };
    let default = DEFAULTS.iter().find(|(function, written, _)| *function == name && *written == count);
    let more = match &function.args {
        FunctionArguments::List(list) if ["lpad", "rpad"].contains(&name.as_str()) && count == 2 => {
            if is_of_bytes(&list.args[0]) { ", X'00'" } else { ",  " }
        }
        _ => default.map_or("", |(_, _, more)| more),
    };
    let args = format!("{args}{more}");
    let mut shown = match name.as_str() {
        "if" => format!("(IF({args}))"),
        "positive" => format!("(+ {args})"),
        "isnull" => format!("({args} IS NULL)"),
        "isnotnull" => format!("({args} IS NOT NULL)"),
        "signum" | "rank" | "dense_rank" | "percent_rank" => format!("{}({args})", name.to_uppercase()),
        "current_database" => "current_schema()".to_owned(),
        "ceil" | "floor" if count == 2 => format!("{name}({args})"),
        "ceil" | "floor" => format!("{}({args})", name.to_uppercase()),
        "to_char" | "to_varchar" if count == 2 => to_char_name(function, &args),
        "dateadd" | "date_add" if count == 3 => format!("timestampadd({args})"),
        "datediff" | "date_diff" if count == 3 => format!("timestampdiff({args})"),
        "extract" | "datepart" if count == 2 && is_moved(function) => UNKNOWN.to_string(),
        "extract" | "datepart" if count == 2 => {
            format!("{name}({})", args.replacen(", ", " FROM ", 1))
        }
        "div" if count == 2 => match &function.args {
            FunctionArguments::List(list) => {
                format!("({} div {})", argument_name(&list.args[0]), argument_name(&list.args[1]))
            }
            _ => UNKNOWN.to_string(),
        },
        "array_agg" => format!("collect_list({args})"),
        "string_agg" => format!("listagg({args})"),
        "first" | "first_value" | "last" | "last_value" | "any_value" if count == 2 => {
            format!("{name}({})", args.rsplit_once(", ").map_or("", |(value, _)| value))
        }
        "mode" if count == 2 => match args.rsplit_once(", ") {
            Some((value, "true")) => format!("mode() WITHIN GROUP (ORDER BY {value} DESC)"),
            Some((value, "false")) => format!("mode({value})"),
            _ => UNKNOWN.to_string(),
        },
        "aggregate" | "reduce" if count == 3 => {
            format!("{name}({args}, lambdafunction(namedlambdavariable(), namedlambdavariable()))")
        }
        "assert_true" if count == 1 => format!("{name}({args}, '{args}' is not true!)"),
        "raise_error" => format!("raise_error(USER_RAISED_EXCEPTION, map(errorMessage, {args}))"),
        "array_sort" if count == 1 => format!("array_sort({args}, {NATURAL_ORDER})"),
        name if count == 1 && CASTS.contains(&name) => args,
        "log" if count == 1 => format!("LOG(E(), {args})"),
        "log" => format!("LOG({args})"),
        "lag" | "lead" => format!("{name}({args}{})", [", 1, NULL", ", NULL", ""][count.clamp(1, 3) - 1]),
        name if CAPITALS.contains(&name) => format!("{}({args})", name.to_uppercase()),
        name => format!("{name}({args})"),
    };
    shown.push_str(&within_group_name(&name, function));
    if let Some(filter) = &function.filter {
        shown.push_str(&format!(" FILTER (WHERE {})", shown_name(filter)));
    }
    match &function.over {
        Some(WindowType::WindowSpec(spec)) => {
            format!("{shown} OVER ({})", window_name(spec, own_frame(&name, function).as_deref()))
        }
        Some(WindowType::NamedWindow(window)) => format!("{shown} OVER {window}"),
        None => shown,
    }
}

/// The frame that a function has whatever is written.
fn own_frame(name: &str, function: &Function) -> Option<String> {
    let offset = || match &function.args {
        FunctionArguments::List(list) => list.args.get(1).map_or_else(|| "1".to_owned(), argument_name),
        _ => "1".to_owned(),
    };
    match name {
        "rank" | "dense_rank" | "percent_rank" | "row_number" | "ntile" => {
            Some("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned())
        }
        "lag" => Some(format!("ROWS BETWEEN -{0} FOLLOWING AND -{0} FOLLOWING", offset())),
        "lead" => Some(format!("ROWS BETWEEN {0} FOLLOWING AND {0} FOLLOWING", offset())),
        _ => None,
    }
}

fn argument_name(arg: &FunctionArg) -> String {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => shown_name(expr),
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => "1".to_owned(),
        other => other.to_string(),
    }
}

fn window_name(spec: &WindowSpec, own_frame: Option<&str>) -> String {
    let mut parts = Vec::new();
    if !spec.partition_by.is_empty() {
        parts.push(format!("PARTITION BY {}", joined(&spec.partition_by)));
    }
    if !spec.order_by.is_empty() {
        let keys: Vec<_> = spec.order_by.iter().map(order_name).collect();
        parts.push(format!("ORDER BY {}", keys.join(", ")));
    }
    parts.push(match &spec.window_frame {
        _ if own_frame.is_some() => own_frame.unwrap_or_default().to_owned(),
        Some(frame) => frame_name(frame),
        None if spec.order_by.is_empty() => "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING".to_owned(),
        None => "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
    });
    parts.join(" ")
}

fn order_name(key: &OrderByExpr) -> String {
    let ascending = key.options.asc.unwrap_or(true);
    let nulls_first = key.options.nulls_first.unwrap_or(ascending);
    let direction = if ascending { "ASC" } else { "DESC" };
    let nulls = if nulls_first { "FIRST" } else { "LAST" };
    format!("{} {direction} NULLS {nulls}", shown_name(&key.expr))
}

fn frame_name(frame: &WindowFrame) -> String {
    let bound = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow => "CURRENT ROW".to_owned(),
        WindowFrameBound::Preceding(None) => "UNBOUNDED PRECEDING".to_owned(),
        WindowFrameBound::Following(None) => "UNBOUNDED FOLLOWING".to_owned(),
        WindowFrameBound::Preceding(Some(n)) => format!("{} PRECEDING", shown_name(n)),
        WindowFrameBound::Following(Some(n)) => format!("{} FOLLOWING", shown_name(n)),
    };
    let end = frame.end_bound.as_ref().map_or_else(|| "CURRENT ROW".to_owned(), bound);
    format!("{} BETWEEN {} AND {end}", frame.units, bound(&frame.start_bound))
}
