//! LIKE with several patterns: `LIKE ALL (…)`, `LIKE ANY (…)` and `LIKE SOME (…)` as conditions of one pattern each.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ValueWithSpan, VisitorMut,
};

use super::super::errors;
use super::fold::fold;
use crate::engine::SqlError;

/// How many of the patterns are to match, and the patterns; `None` where there is one pattern.
pub(super) fn quantifier(any: bool, pattern: &Expr) -> Option<(BinaryOperator, Vec<Expr>)> {
    let function = match pattern {
        Expr::Tuple(patterns) if any => return Some((BinaryOperator::Or, patterns.clone())),
        Expr::Nested(pattern) if any => return Some((BinaryOperator::Or, vec![pattern.as_ref().clone()])),
        Expr::Function(function) => function,
        _ => return None,
    };
    let (name, FunctionArguments::List(list)) = (function.name.to_string(), &function.args) else { return None };
    let op = match fold(&name).as_str() {
        "all" => BinaryOperator::And,
        "some" | "any" => BinaryOperator::Or,
        _ => return None,
    };
    let pattern = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(pattern)) => Some(pattern.clone()),
        _ => None,
    };
    Some((op, list.args.iter().map(pattern).collect::<Option<_>>()?))
}

/// Puts conditions of one pattern in the place of those of several.
pub(super) struct SpellOut;

impl VisitorMut for SpellOut {
    type Break = SqlError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        type Parts = (bool, bool, Expr, BinaryOperator, Vec<Expr>, Option<ValueWithSpan>);
        let parts =
            |any: bool, ignore_case, negated: bool, expr: &Expr, pattern: &Expr, escape: &Option<ValueWithSpan>| {
                let (op, patterns) = quantifier(any, pattern)?;
                Some((ignore_case, negated, expr.clone(), op, patterns, escape.clone()))
            };
        let found: Option<Parts> = match &*expr {
            Expr::Like { any, negated, expr, pattern, escape_char } => {
                parts(*any, false, *negated, expr, pattern, escape_char)
            }
            Expr::ILike { any, negated, expr, pattern, escape_char } => {
                parts(*any, true, *negated, expr, pattern, escape_char)
            }
            _ => None,
        };
        let Some((ignore_case, negated, value, op, patterns, escape_char)) = found else {
            return ControlFlow::Continue(());
        };
        if escape_char.is_some() {
            return ControlFlow::Break(errors::unsupported("ESCAPE behind several patterns"));
        }
        let like = |pattern: Expr| {
            let (expr, pattern) = (Box::new(value.clone()), Box::new(pattern));
            match ignore_case {
                true => Expr::ILike { negated, any: false, expr, pattern, escape_char: None },
                false => Expr::Like { negated, any: false, expr, pattern, escape_char: None },
            }
        };
        let all = patterns.into_iter().map(like);
        let joined =
            all.reduce(|left, right| Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) });
        match joined {
            Some(joined) => {
                *expr = Expr::Nested(Box::new(joined));
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(errors::syntax("Syntax error: LIKE needs a pattern.")),
        }
    }
}
