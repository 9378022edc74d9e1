//! What stands in a part of a query, its subqueries left out or not.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Function, Query, Visit, Visitor};

use super::super::functions::is_set_function;
use super::super::routines::ROUTINE;
use super::fold::fold;
use super::typed_call::TypedOp;

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

/// Whether this is a call of a function by chance.
pub(super) fn is_random_call(expr: &Expr) -> bool {
    const BY_CHANCE: [&str; 7] = ["rand", "random", "randn", "uuid", "shuffle", "uniform", "randstr"];
    matches!(expr, Expr::Function(function) if BY_CHANCE.contains(&function_name(function).as_str()))
}

/// Whether an aggregate's arguments are by chance. What a function of SQL's takes is computed before.
pub(super) fn takes_random(arguments: &impl Visit) -> bool {
    #[derive(Default)]
    struct Search {
        routines: usize,
    }

    fn is_routine(expr: &Expr) -> bool {
        matches!(expr, Expr::BinaryOp { op, .. } if matches!(TypedOp::decode(op), Some(TypedOp::Call(ROUTINE))))
    }

    impl Visitor for Search {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.routines += usize::from(is_routine(expr));
            match self.routines == 0 && is_random_call(expr) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }

        fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.routines -= usize::from(is_routine(expr));
            ControlFlow::Continue(())
        }
    }

    arguments.visit(&mut Search::default()).is_break()
}

/// Whether another evaluation may give other values.
pub(in super::super) fn is_random(part: &impl Visit) -> bool {
    struct Search;

    impl Visitor for Search {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match is_random_call(expr) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
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
