//! What stands in a part of a query, its subqueries left out or not.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Function, Query, Visit, Visitor};

use super::super::functions::is_set_function;
use super::fold::fold;

/// Whether an expression stands in a query, the queries inside of it left out.
pub(in super::super) fn contains(visited: &impl Visit, wanted: impl Fn(&Expr) -> bool) -> bool {
    struct Search<F> {
        wanted: F,
        queries: usize,
    }

    impl<F: Fn(&Expr) -> bool> Visitor for Search<F> {
        type Break = ();

        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.queries += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.queries -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match self.queries == 0 && (self.wanted)(expr) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
    }

    visited.visit(&mut Search { wanted, queries: 0 }).is_break()
}

pub(super) fn function_name(function: &Function) -> String {
    match function.name.0.as_slice() {
        [part] => part.as_ident().map(|ident| fold(&ident.value)).unwrap_or_default(),
        _ => String::new(),
    }
}

pub(super) fn is_generator(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function)
        if ["explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer", "stack"]
            .contains(&function_name(function).as_str()))
}

/// Whether another evaluation may give other values.
pub(in super::super) fn is_random(part: &impl Visit) -> bool {
    struct Search;

    impl Visitor for Search {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Function(function)
                    if ["rand", "random", "randn", "uuid", "shuffle", "uniform", "randstr"]
                        .contains(&function_name(function).as_str()) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }

    part.visit(&mut Search).is_break()
}

/// Whether aggregates stand in a part of a query, its subqueries left out.
pub(in super::super) fn holds_plain_aggregates(part: &impl Visit) -> bool {
    contains(part, |expr| matches!(expr, Expr::Function(f) if f.over.is_none() && is_set_function(&function_name(f))))
}

/// Whether aggregates, windows or generators stand in a part of a query, its subqueries left out.
pub(in super::super) fn holds_aggregates(part: &impl Visit) -> bool {
    contains(part, |expr| {
        is_generator(expr) || matches!(expr, Expr::Function(function) if is_set_function(&function_name(function)))
    })
}
