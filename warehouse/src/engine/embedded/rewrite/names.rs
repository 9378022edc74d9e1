//! The names that the reference gives to columns without an alias.

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, OrderByExpr, Subscript, UnaryOperator, Value, WindowFrame, WindowFrameBound, WindowSpec,
    WindowType,
};

use super::super::{cast, text, types};
use super::typed_call::number_type;
use datafusion::arrow::datatypes::DataType;

/// A type as it was written, in the reference's form.
fn type_name(text: &str) -> String {
    let parsed = types::parse(text, "UTC").ok();
    parsed.and_then(|t| types::sql_text(&t)).unwrap_or_else(|| text.to_ascii_uppercase())
}

/// The name of an expression in a result.
pub(in super::super) fn shown_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts.last().map(|p| p.value.clone()).unwrap_or_default(),
        Expr::Value(value) => value_name(&value.value),
        Expr::Nested(inner) => shown_name(inner),
        Expr::BinaryOp { left, op, right } => binary_name(left, op, right),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match expr.as_ref() {
            Expr::Value(value) if matches!(value.value, Value::Number(..)) => format!("-{}", value_name(&value.value)),
            operand => format!("(- {})", shown_name(operand)),
        },
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => format!("(+ {})", shown_name(expr)),
        Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, expr } => {
            format!("(NOT {})", shown_name(expr))
        }
        Expr::UnaryOp { op, expr } => format!("{op}{}", shown_name(expr)),
        Expr::IsNull(operand) => format!("({} IS NULL)", shown_name(operand)),
        Expr::IsNotNull(operand) => format!("({} IS NOT NULL)", shown_name(operand)),
        Expr::IsTrue(operand) => format!("({} IS TRUE)", shown_name(operand)),
        Expr::IsFalse(operand) => format!("({} IS FALSE)", shown_name(operand)),
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
            for when in conditions {
                let condition = match operand {
                    Some(operand) => format!("({} = {})", shown_name(operand), shown_name(&when.condition)),
                    None => shown_name(&when.condition),
                };
                name.push_str(&format!(" WHEN {condition} THEN {}", shown_name(&when.result)));
            }
            if let Some(result) = else_result {
                name.push_str(&format!(" ELSE {}", shown_name(result)));
            }
            name + " END"
        }
        Expr::Extract { field, expr, .. } => {
            format!("extract({} FROM {})", field.to_string().to_lowercase(), shown_name(expr))
        }
        Expr::Ceil { expr, .. } => format!("CEIL({})", shown_name(expr)),
        Expr::Floor { expr, .. } => format!("FLOOR({})", shown_name(expr)),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let args: Vec<_> = std::iter::once(expr)
                .chain(substring_from)
                .chain(substring_for)
                .map(|e| shown_name(e))
                .chain(substring_for.is_none().then(|| i32::MAX.to_string()))
                .collect();
            format!("substring({})", args.join(", "))
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
        Expr::Subquery(_) => "scalarsubquery()".to_owned(),
        Expr::Exists { .. } => "exists()".to_owned(),
        other => other.to_string(),
    }
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
                    Some(Ok(value)) => text::decimal(value, scale),
                    _ => digits,
                },
                _ => digits,
            }
        }
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::HexStringLiteral(digits) => format!("X'{digits}'"),
        other => other.clone().into_string().unwrap_or_else(|| other.to_string()),
    }
}

fn binary_name(left: &Expr, op: &BinaryOperator, right: &Expr) -> String {
    let (left, right) = (shown_name(left), shown_name(right));
    match op {
        BinaryOperator::StringConcat => format!("concat({left}, {right})"),
        BinaryOperator::NotEq => format!("(NOT ({left} = {right}))"),
        BinaryOperator::Spaceship => format!("({left} <=> {right})"),
        BinaryOperator::MyIntegerDivide => format!("({left} div {right})"),
        op => format!("({left} {op} {right})"),
    }
}

fn function_name(function: &Function) -> String {
    let name = function.name.to_string().to_lowercase();
    if name == "explode" || name == "explode_outer" {
        return "col".to_owned();
    }
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
    let mut shown = format!("{name}({args})");
    if let Some(filter) = &function.filter {
        shown.push_str(&format!(" FILTER (WHERE {})", shown_name(filter)));
    }
    match &function.over {
        Some(WindowType::WindowSpec(spec)) => format!("{shown} OVER ({})", window_name(spec)),
        Some(WindowType::NamedWindow(window)) => format!("{shown} OVER {window}"),
        None => shown,
    }
}

fn argument_name(arg: &FunctionArg) -> String {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => shown_name(expr),
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => "1".to_owned(),
        other => other.to_string(),
    }
}

fn window_name(spec: &WindowSpec) -> String {
    let mut parts = Vec::new();
    if !spec.partition_by.is_empty() {
        parts.push(format!("PARTITION BY {}", joined(&spec.partition_by)));
    }
    if !spec.order_by.is_empty() {
        let keys: Vec<_> = spec.order_by.iter().map(order_name).collect();
        parts.push(format!("ORDER BY {}", keys.join(", ")));
    }
    parts.push(match &spec.window_frame {
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
        WindowFrameBound::Preceding(Some(n)) => {
            format!("-{} FOLLOWING", shown_name(n))
        }
        WindowFrameBound::Following(Some(n)) => format!("{} FOLLOWING", shown_name(n)),
    };
    let end = frame.end_bound.as_ref().map_or_else(|| "CURRENT ROW".to_owned(), bound);
    format!("{} BETWEEN {} AND {end}", frame.units, bound(&frame.start_bound))
}
