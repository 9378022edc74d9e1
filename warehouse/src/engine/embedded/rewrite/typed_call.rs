//! Typed calls: operations that the expression planner resolves once it knows the types of their operands.
//!
//! SQL expressions reach the planner with their types only through its operator hook. So a typed call travels as an
//! operator of our own between NULL and either a string (a literal's text) or the pseudo-function that holds the
//! arguments. No user can write such an operator: its name starts with a control character.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, CeilFloorKind, DataType, DateTimeField, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentList, FunctionArguments, GroupByExpr, Ident, Interval, LimitClause, ObjectName,
    OrderByKind, Query, Select, SetExpr, Subscript, TrimWhereField, TypedString, UnaryOperator, Value, ValueWithSpan,
    VisitorMut, WindowFrameBound, WindowType,
};

use super::super::{errors, functions, intervals};
use super::literal_names::with_sign;
use super::values;
use crate::engine::SqlError;

const MARK: char = '\u{1}';

/// The pseudo-function that holds a typed call's arguments.
pub(in super::super) const ARGUMENTS: &str = "\u{1}args";

/// The typed call that remembers how an alias is spelled, for a `*` over it.
pub(in super::super) const SHOWN_AS: &str = "shown as";

/// A typed call's operator.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum TypedOp<'a> {
    /// A literal of the SQL type; the right operand is its text.
    Literal(&'a str),
    /// CAST to the SQL type.
    Cast(&'a str),
    /// TRY_CAST to the SQL type.
    TryCast(&'a str),
    /// A function or an operation with a name of its own.
    Call(&'a str),
}

impl<'a> TypedOp<'a> {
    /// Reads an operator back.
    pub(in super::super) fn decode(op: &'a BinaryOperator) -> Option<Self> {
        let BinaryOperator::Custom(text) = op else { return None };
        let (kind, rest) = text.strip_prefix(MARK)?.split_once(' ')?;
        Some(match kind {
            "literal" => Self::Literal(rest),
            "cast" => Self::Cast(rest),
            "try_cast" => Self::TryCast(rest),
            _ => Self::Call(rest),
        })
    }

    fn encode(&self) -> BinaryOperator {
        let (kind, rest) = match self {
            Self::Literal(rest) => ("literal", rest),
            Self::Cast(rest) => ("cast", rest),
            Self::TryCast(rest) => ("try_cast", rest),
            Self::Call(rest) => ("call", rest),
        };
        BinaryOperator::Custom(format!("{MARK}{kind} {rest}"))
    }
}

/// A literal of a SQL type.
pub(in super::super) fn literal(sql_type: &str, text: &str) -> Expr {
    operation(&TypedOp::Literal(sql_type), string(text))
}

/// A call of a function or operation.
pub(in super::super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    operation(&TypedOp::Call(name), arguments(args))
}

/// A cast to a SQL type.
pub(in super::super) fn cast(sql_type: &str, expr: Expr) -> Expr {
    operation(&TypedOp::Cast(sql_type), arguments(vec![expr]))
}

fn operation(op: &TypedOp<'_>, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(Expr::value(Value::Null)), op: op.encode(), right: Box::new(right) }
}

/// A string literal.
pub(in super::super) fn string(text: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(text.to_owned()))
}

fn arguments(args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|a| FunctionArg::Unnamed(FunctionArgExpr::Expr(a))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::with_quote('`', ARGUMENTS)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: vec![] }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

/// What a typed call is made of; `None` for another expression.
pub(super) fn typed_arguments(expr: &Expr) -> Option<&[FunctionArg]> {
    match expr {
        Expr::Function(Function { name, args: FunctionArguments::List(list), .. })
            if name.0.first().and_then(|part| part.as_ident()).is_some_and(|name| name.value == ARGUMENTS) =>
        {
            Some(&list.args)
        }
        _ => None,
    }
}

/// The SQL type and digits of a number as the dialect reads it.
pub(in super::super) fn number_type(text: &str) -> (String, String) {
    let upper = text.to_ascii_uppercase();
    let suffixed = |suffix: &str| upper.strip_suffix(suffix).map(str::to_owned);
    let exponent = upper.contains('E');
    if let Some(digits) = suffixed("BD") {
        return (decimal_type(&digits), digits);
    }
    for (suffix, name) in [("L", "BIGINT"), ("S", "SMALLINT"), ("Y", "TINYINT"), ("D", "DOUBLE"), ("F", "FLOAT")] {
        if let Some(digits) = suffixed(suffix) {
            return (name.to_owned(), digits);
        }
    }
    let name = if exponent {
        "DOUBLE".to_owned()
    } else if upper.contains('.') {
        decimal_type(&upper)
    } else if upper.parse::<i32>().is_ok() {
        "INT".to_owned()
    } else if upper.parse::<i64>().is_ok() {
        "BIGINT".to_owned()
    } else {
        decimal_type(&upper)
    };
    (name, upper)
}

fn decimal_type(digits: &str) -> String {
    let (mantissa, exponent) = digits.split_once('E').unwrap_or((digits, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let (whole, fraction) =
        mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let significant = format!("{whole}{fraction}").trim_start_matches('0').len() as i64;
    let scale = fraction.len() as i64 - exponent;
    let precision = if scale < 0 { significant - scale } else { significant.max(scale).max(1) };
    format!("DECIMAL({precision},{})", scale.max(0))
}

/// Turns the expressions of a statement into typed calls, from the leaves up.
pub(super) struct TypedCalls;

impl VisitorMut for TypedCalls {
    type Break = SqlError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        // An interval's number is part of the literal, not an expression of its own.
        if let Expr::Interval(interval) = expr {
            match interval_literal(interval) {
                Ok(literal) => *expr = literal,
                Err(error) => return ControlFlow::Break(error),
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let taken = std::mem::replace(expr, Expr::value(Value::Null));
        match typed(taken) {
            Ok(typed) => {
                *expr = typed;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }

    // Positions and row counts stay plain numbers.
    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        if let SetExpr::Values(values) = query.body.as_mut()
            && let Err(error) = values::align(values)
        {
            return ControlFlow::Break(error);
        }
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(expressions) = &mut order_by.kind
        {
            expressions.iter_mut().for_each(|o| plain_number(&mut o.expr));
        }
        match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                limit.iter_mut().for_each(plain_number);
                offset.iter_mut().for_each(|o| plain_number(&mut o.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                plain_number(offset);
                plain_number(limit);
            }
            None => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        if let GroupByExpr::Expressions(expressions, _) = &mut select.group_by {
            expressions.iter_mut().for_each(plain_number);
        }
        ControlFlow::Continue(())
    }
}

/// Takes an integer literal back to the number that was written.
fn plain_number(expr: &mut Expr) {
    if let Expr::BinaryOp { op, right, .. } = expr
        && let Some(TypedOp::Literal("INT" | "BIGINT")) = TypedOp::decode(op)
        && let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(digits), .. }) = right.as_ref()
    {
        *expr = Expr::value(Value::Number(digits.clone(), false));
    }
}

fn typed(expr: Expr) -> Result<Expr, SqlError> {
    Ok(match expr {
        Expr::Value(ValueWithSpan { value, span }) => match value {
            Value::Number(text, long) => {
                let text = if long { format!("{text}L") } else { text };
                let (sql_type, digits) = number_type(&text);
                literal(&sql_type, &digits)
            }
            Value::SingleQuotedRawStringLiteral(text) | Value::DoubleQuotedRawStringLiteral(text) => string(&text),
            value => Expr::Value(ValueWithSpan { value, span }),
        },
        Expr::TypedString(TypedString { data_type, value, .. }) => match value.value.into_string() {
            Some(text) => literal(&data_type.to_string(), &text),
            None => return Err(errors::syntax(format!("Syntax error: {data_type} needs a string literal."))),
        },
        Expr::Cast { kind, expr, data_type, array: false, format: None } => {
            let sql_type = type_text(&data_type);
            let op = match kind {
                CastKind::Cast | CastKind::DoubleColon => TypedOp::Cast(&sql_type),
                CastKind::TryCast | CastKind::SafeCast => TypedOp::TryCast(&sql_type),
            };
            operation(&op, arguments(vec![*expr]))
        }
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => concatenation(*left, *right),
        Expr::UnaryOp { op, expr } => unary(op, *expr)?,
        Expr::Between { expr, negated, low, high } => not_if(negated, call("between", vec![*expr, *low, *high])),
        Expr::InList { expr, list, negated } => {
            let args = std::iter::once(*expr).chain(list).collect();
            not_if(negated, call("in", args))
        }
        Expr::Like { negated, any: false, expr, pattern, escape_char } => {
            not_if(negated, call("like", pattern_args(*expr, *pattern, escape_char)))
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
            not_if(negated, call("ilike", pattern_args(*expr, *pattern, escape_char)))
        }
        Expr::RLike { negated, expr, pattern, .. } => not_if(negated, call("rlike", vec![*expr, *pattern])),
        Expr::Case { operand, conditions, else_result, .. } => {
            let mut args = Vec::with_capacity(conditions.len() * 2 + 1);
            for when in conditions {
                args.push(match &operand {
                    Some(operand) => Expr::BinaryOp {
                        left: operand.clone(),
                        op: BinaryOperator::Eq,
                        right: Box::new(when.condition),
                    },
                    None => when.condition,
                });
                args.push(when.result);
            }
            args.extend(else_result.map(|e| *e));
            call("case", args)
        }
        Expr::Extract { field, expr, .. } => call("extract", vec![string(&field.to_string()), *expr]),
        Expr::Ceil { expr, field } => scaled("ceil", *expr, field)?,
        Expr::Floor { expr, field } => scaled("floor", *expr, field)?,
        Expr::Position { expr, r#in } => call("position", vec![*expr, *r#in]),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let args = std::iter::once(expr).chain(substring_from).chain(substring_for).map(|e| *e).collect();
            call("substring", args)
        }
        Expr::Trim { expr, trim_where, trim_what, trim_characters: None } => {
            let name = match trim_where {
                None | Some(TrimWhereField::Both) => "trim",
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
            };
            call(name, trim_what.into_iter().chain([expr]).map(|e| *e).collect())
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            let args = [expr, overlay_what, overlay_from].into_iter().chain(overlay_for).map(|e| *e).collect();
            call("overlay", args)
        }
        Expr::CompoundFieldAccess { root, access_chain } => access(*root, access_chain)?,
        Expr::Struct { values, fields } if fields.is_empty() => structure(values)?,
        Expr::Function(function) => function_call(function)?,
        Expr::Nested(inner) => *inner,
        expr @ (Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::JsonAccess { .. }
        | Expr::AtTimeZone { .. }
        | Expr::Collate { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. }
        | Expr::Array(_)
        | Expr::Dictionary(_)
        | Expr::Map(_)
        | Expr::Convert { .. }
        | Expr::Prefixed { .. }
        | Expr::Cast { .. }
        | Expr::Trim { .. }
        | Expr::Struct { .. }
        | Expr::MatchAgainst { .. }) => return Err(errors::unsupported(format!("the expression {expr}"))),
        other => other,
    })
}

/// `a || b || c` is one call, however long it is.
fn concatenation(left: Expr, right: Expr) -> Expr {
    match left {
        Expr::BinaryOp { left: null, op, right: mut arguments }
            if TypedOp::decode(&op) == Some(TypedOp::Call("||")) =>
        {
            if let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = arguments.as_mut() {
                list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(right)));
            }
            Expr::BinaryOp { left: null, op, right: arguments }
        }
        left => call("||", vec![left, right]),
    }
}

fn unary(op: UnaryOperator, operand: Expr) -> Result<Expr, SqlError> {
    match op {
        UnaryOperator::Minus => {
            if let Expr::BinaryOp { op, right, .. } = &operand
                && let Some(TypedOp::Literal(sql_type)) = TypedOp::decode(op)
                && !sql_type.starts_with(|c: char| c == 'T' && !sql_type.starts_with("TINYINT"))
                && let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(digits), .. }) = right.as_ref()
                && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                && is_number_type(sql_type)
            {
                let negative = format!("-{digits}");
                // The least numbers of a type are one more than its largest.
                let smallest = ["2147483648", "9223372036854775808"].contains(&digits.as_str());
                let sql_type = if smallest { number_type(&negative).0 } else { sql_type.to_owned() };
                return Ok(literal(&sql_type, &negative));
            }
            Ok(call("negative", vec![operand]))
        }
        UnaryOperator::Plus => Ok(call("positive", vec![operand])),
        UnaryOperator::Not | UnaryOperator::BangNot => {
            Ok(Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(operand) })
        }
        UnaryOperator::BitwiseNot => Ok(call("~", vec![operand])),
        other => Err(errors::unsupported(format!("the operator {other}"))),
    }
}

fn is_number_type(sql_type: &str) -> bool {
    ["TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE"].contains(&sql_type) || sql_type.starts_with("DECIMAL(")
}

fn not_if(negated: bool, expr: Expr) -> Expr {
    if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(expr) } } else { expr }
}

fn pattern_args(expr: Expr, pattern: Expr, escape: Option<ValueWithSpan>) -> Vec<Expr> {
    [expr, pattern].into_iter().chain(escape.map(Expr::Value)).collect()
}

fn scaled(name: &str, expr: Expr, field: CeilFloorKind) -> Result<Expr, SqlError> {
    match field {
        CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => Ok(call(name, vec![expr])),
        CeilFloorKind::Scale(scale) => Ok(call(name, vec![expr, typed(Expr::Value(scale))?])),
        CeilFloorKind::DateTimeField(field) => Err(errors::unsupported(format!("{name} to {field}"))),
    }
}

fn access(root: Expr, chain: Vec<AccessExpr>) -> Result<Expr, SqlError> {
    chain.into_iter().try_fold(root, |value, step| match step {
        AccessExpr::Subscript(Subscript::Index { index }) => Ok(call("[]", vec![value, index])),
        AccessExpr::Dot(Expr::Identifier(field)) => Ok(call(".", vec![value, string(&field.value)])),
        AccessExpr::Dot(Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(field), .. })) => {
            Ok(call(".", vec![value, string(&field)]))
        }
        other => Err(errors::unsupported(format!("the access {other}"))),
    })
}

/// `struct(a, b AS c, 1)`: fields by their name, or `colN` where there is none.
fn structure(values: Vec<Expr>) -> Result<Expr, SqlError> {
    let mut args = Vec::with_capacity(values.len() * 2);
    for (position, value) in values.into_iter().enumerate() {
        let (name, value) = match value {
            Expr::Named { expr, name } => (name.value, *expr),
            Expr::Identifier(name) => (name.value.clone(), Expr::Identifier(name)),
            Expr::CompoundIdentifier(parts) => {
                (parts.last().map(|p| p.value.clone()).unwrap_or_default(), Expr::CompoundIdentifier(parts))
            }
            value => (format!("col{}", position + 1), value),
        };
        args.push(string(&name));
        args.push(value);
    }
    Ok(call("named_struct", args))
}

fn function_call(mut function: Function) -> Result<Expr, SqlError> {
    let [part] = function.name.0.as_slice() else {
        return Err(errors::unsupported(format!("the function {}", function.name)));
    };
    let Some(name) = part.as_ident().map(|i| i.value.to_lowercase()) else {
        return Err(errors::unsupported(format!("the function {}", function.name)));
    };
    if name == ARGUMENTS {
        return Ok(Expr::Function(function));
    }
    function.name = ObjectName::from(vec![Ident::new(&name)]);
    if let Some(WindowType::WindowSpec(spec)) = &mut function.over
        && let Some(frame) = &mut spec.window_frame
    {
        for bound in std::iter::once(&mut frame.start_bound).chain(frame.end_bound.as_mut()) {
            if let WindowFrameBound::Preceding(Some(rows)) | WindowFrameBound::Following(Some(rows)) = bound {
                plain_number(rows);
            }
        }
    }
    let plain = function.over.is_none() && function.filter.is_none() && function.within_group.is_empty();
    if !plain || functions::is_set_function(&name) {
        return functions::checked_set_function(function, &name);
    }
    if functions::lambda::takes(&name, &function.args) {
        return Ok(Expr::Function(function));
    }
    let args = match function.args {
        FunctionArguments::None => return Ok(call(&format!("{}{name}", functions::BARE), vec![])),
        FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses })
            if clauses.is_empty() =>
        {
            let mut plain = Vec::with_capacity(args.len());
            for arg in args {
                match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(_))) => {
                        return Err(errors::unsupported(format!("the function {name} with a lambda")));
                    }
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) => plain.push(arg),
                    FunctionArg::Named { name: parameter, arg: FunctionArgExpr::Expr(arg), .. }
                        if functions::is_parameter(&name, &parameter.value) =>
                    {
                        plain.push(arg);
                    }
                    other => return Err(errors::unsupported(format!("the argument {other} of {name}"))),
                }
            }
            plain
        }
        other => return Err(errors::unsupported(format!("the arguments {other} of {name}"))),
    };
    if name == "struct" {
        return structure(args);
    }
    match args.first() {
        // The unit is a word, not a column.
        Some(Expr::Identifier(unit)) if args.len() == 3 && functions::takes_unit(&name) => {
            let unit = string(&unit.value);
            Ok(call(&name, std::iter::once(unit).chain(args.into_iter().skip(1)).collect()))
        }
        Some(_) if args.len() == 3 && functions::takes_unit(&name) => Err(functions::no_unit(&name)),
        _ => Ok(call(&name, args)),
    }
}

/// A type's text for the type parser.
pub(in super::super) fn type_text(data_type: &DataType) -> String {
    data_type.to_string()
}

fn interval_literal(interval: &Interval) -> Result<Expr, SqlError> {
    let unit = |field: &DateTimeField| intervals::unit(&field.to_string());
    let Some(leading) = &interval.leading_field else {
        return Err(errors::unsupported(format!("the interval {interval} without a unit")));
    };
    let (text, negative) = match interval.value.as_ref() {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => (expr.as_ref(), true),
        value => (value, false),
    };
    let text = match text {
        Expr::Value(ValueWithSpan {
            value: Value::SingleQuotedString(text) | Value::DoubleQuotedString(text), ..
        }) => text.trim().to_owned(),
        Expr::Value(ValueWithSpan { value: Value::Number(text, _), .. }) => text.clone(),
        other => return Err(errors::unsupported(format!("the interval of the expression {other}"))),
    };
    let text = with_sign(text, negative);
    let sql_type = match &interval.last_field {
        Some(last) => format!("INTERVAL {} TO {}", unit(leading), unit(last)),
        None => format!("INTERVAL {}", unit(leading)),
    };
    Ok(literal(&sql_type, &text))
}
