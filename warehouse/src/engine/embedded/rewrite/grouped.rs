//! Keys of GROUP BY in another spelling: `1 + a` where rows are grouped by `a + 1`.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, GroupByWithModifier, OrderByKind, Query, SelectItem, SetExpr, Statement, Value,
    VisitMut, VisitorMut,
};

use super::super::routines::ROUTINE;
use super::fold::fold;
use super::names::shown_name;
use super::typed_call::{call, string};

/// Spells what stands behind GROUP BY as its keys are spelled.
pub(in super::super) fn spell_keys_alike(statement: &mut Statement) {
    let _ = statement.visit(&mut Speller);
}

struct Speller;

impl VisitorMut for Speller {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let Query { body, order_by, .. } = query;
        let SetExpr::Select(select) = body.as_mut() else { return ControlFlow::Continue(()) };
        let shown: Vec<Option<Expr>> = select.projection.iter().map(shown_value).collect();
        sets_first(&mut select.group_by, &shown);
        let GroupByExpr::Expressions(keys, _) = &select.group_by else { return ControlFlow::Continue(()) };
        let keys: Vec<(String, Expr)> =
            keys.iter().filter(|key| commutes(key)).map(|key| (canonical(key), key.clone())).collect();
        if keys.is_empty() {
            return ControlFlow::Continue(());
        }
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                let shown = shown_name(expr);
                if put(expr, &keys) {
                    *expr = call(ROUTINE, vec![string(&shown), expr.clone()]);
                }
            }
        }
        for condition in select.having.iter_mut().chain(&mut select.qualify) {
            put(condition, &keys);
        }
        // Behind HAVING the reference looks for what orders the rows among the columns that are shown.
        if let Some(order_by) = order_by.as_mut().filter(|_| select.having.is_none())
            && let OrderByKind::Expressions(order) = &mut order_by.kind
        {
            for key in order {
                put(&mut key.expr, &keys);
            }
        }
        ControlFlow::Continue(())
    }
}

fn shown_value(item: &SelectItem) -> Option<Expr> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr.clone()),
        _ => None,
    }
}

/// `a, b WITH ROLLUP` as `ROLLUP (a, b)`, `a, b GROUPING SETS ((a), b)` as `GROUPING SETS ((a), (b))`, and columns for their positions.
fn sets_first(group_by: &mut GroupByExpr, shown: &[Option<Expr>]) {
    let GroupByExpr::Expressions(keys, modifiers) = group_by else { return };
    let one_each = |keys: &[Expr]| keys.iter().map(|key| vec![key.clone()]).collect::<Vec<_>>();
    let sets = match modifiers.as_slice() {
        [GroupByWithModifier::Rollup] => Some(Expr::Rollup(one_each(keys))),
        [GroupByWithModifier::Cube] => Some(Expr::Cube(one_each(keys))),
        // A key that no set has is NULL everywhere, which the planner does not know.
        [GroupByWithModifier::GroupingSets(sets @ Expr::GroupingSets(all))]
            if keys.iter().all(|key| all.iter().flatten().any(|part| part == key)) =>
        {
            Some(sets.clone())
        }
        _ => None,
    };
    if let Some(sets) = sets {
        (*keys, *modifiers) = (vec![sets], vec![]);
    }
    for key in keys {
        let (Expr::GroupingSets(sets) | Expr::Rollup(sets) | Expr::Cube(sets)) = key else { continue };
        let is_signed =
            |part: &Expr| matches!(part, Expr::UnaryOp { expr, .. } if matches!(expr.as_ref(), Expr::Value(_)));
        if sets.iter().flatten().any(is_signed) {
            continue;
        }
        for part in sets.iter_mut().flatten() {
            if let Expr::Value(value) = part
                && let Value::Number(digits, _) = &value.value
                && let Some(Some(column)) = digits.parse::<usize>().ok().and_then(|at| shown.get(at.checked_sub(1)?))
            {
                *part = column.clone();
            }
        }
    }
}

fn commutes(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => commutes(inner),
        other => matches!(other, Expr::BinaryOp { op: BinaryOperator::Plus | BinaryOperator::Multiply, .. }),
    }
}

/// An expression's text that is the same for all orders of what `+` and `*` put together.
fn canonical(expr: &Expr) -> String {
    match expr {
        Expr::Nested(inner) => canonical(inner),
        Expr::BinaryOp { op: op @ (BinaryOperator::Plus | BinaryOperator::Multiply), .. } => {
            let mut parts = Vec::new();
            operands(expr, op, &mut parts);
            parts.sort_unstable();
            format!("({})", parts.join(&format!(" {op} ")))
        }
        Expr::BinaryOp { left, op, right } => format!("({} {op} {})", canonical(left), canonical(right)),
        Expr::Identifier(name) => fold(&name.value),
        other => fold(&other.to_string()),
    }
}

fn operands(expr: &Expr, wanted: &BinaryOperator, parts: &mut Vec<String>) {
    match expr {
        Expr::Nested(inner) => operands(inner, wanted, parts),
        Expr::BinaryOp { left, op, right } if op == wanted => {
            operands(left, wanted, parts);
            operands(right, wanted, parts);
        }
        other => parts.push(canonical(other)),
    }
}

/// Puts keys in the places of what is the same in another spelling, and says whether there was any.
fn put(expr: &mut Expr, keys: &[(String, Expr)]) -> bool {
    struct Places<'a> {
        keys: &'a [(String, Expr)],
        queries: usize,
        found: bool,
    }

    impl VisitorMut for Places<'_> {
        type Break = ();

        fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
            self.queries += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
            self.queries -= 1;
            ControlFlow::Continue(())
        }

        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if self.queries > 0 || !commutes(expr) {
                return ControlFlow::Continue(());
            }
            let text = canonical(expr);
            let spelled = fold(&expr.to_string());
            if let Some((_, key)) =
                self.keys.iter().find(|(of_key, key)| *of_key == text && fold(&key.to_string()) != spelled)
            {
                *expr = Expr::Nested(Box::new(key.clone()));
                self.found = true;
            }
            ControlFlow::Continue(())
        }
    }

    let mut places = Places { keys, queries: 0, found: false };
    let _ = expr.visit(&mut places);
    places.found
}
