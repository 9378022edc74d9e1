//! An alias that a later column of the same select list reads.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, Ident, Query, Select, SelectItem, Statement, VisitMut, VisitorMut,
};

use super::super::errors;
use super::super::functions::is_set_function;
use super::super::refused::WITHOUT_BRACKETS;
use super::super::routines::{PARAMETER, ROUTINE};
use super::fold::fold;
use super::search::{contains, function_name, is_generator, is_random};
use super::typed_call::{call, string};
use crate::engine::SqlError;

/// The statement that is meant when a name is an alias before it in the select list. `None` when no alias is read.
pub(in super::super) fn instead(error: &SqlError, statement: &Statement) -> Result<Option<Statement>, SqlError> {
    if !error.class.starts_with("UNRESOLVED_COLUMN") {
        return Ok(None);
    }
    let mut statement = statement.clone();
    let mut aliases = Aliases { found: false };
    match statement.visit(&mut aliases) {
        ControlFlow::Continue(()) => Ok(aliases.found.then_some(statement)),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Aliases {
    found: bool,
}

impl VisitorMut for Aliases {
    type Break = SqlError;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        let mut known: HashMap<String, Expr> = HashMap::new();
        let (mut twice, mut found) = (Vec::new(), false);
        for item in &mut select.projection {
            let (expr, alias) = match item {
                SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
                SelectItem::UnnamedExpr(expr) => (expr, None),
                _ => continue,
            };
            let name = match expr {
                Expr::Identifier(name) => Some(name.value.clone()),
                _ => None,
            };
            let mut places = Places { known: &known, twice: &twice, queries: 0, found: false };
            if let ControlFlow::Break(error) = expr.visit(&mut places) {
                return ControlFlow::Break(error);
            }
            self.found |= places.found;
            found |= places.found;
            let named = expr.clone();
            if let (true, Some(name), None) = (places.found, name, &alias) {
                *item = SelectItem::ExprWithAlias { expr: named.clone(), alias: Ident::with_quote('`', name) };
            }
            // A function that is called without brackets goes first.
            if let Some(alias) = alias.filter(|alias| !WITHOUT_BRACKETS.contains(&fold(alias).as_str()))
                && known.insert(fold(&alias), named).is_some()
            {
                twice.push(fold(&alias));
            }
        }
        // The reference takes none of them for a key.
        let by_position = |key: &Expr| matches!(key, Expr::Identifier(name) if known.contains_key(&fold(&name.value)));
        let grouped = match &select.group_by {
            GroupByExpr::All(_) => true,
            GroupByExpr::Expressions(keys, _) => {
                keys.iter().any(|key| by_position(key) || matches!(key, Expr::Value(_)))
            }
        };
        match found && grouped {
            true => {
                ControlFlow::Break(errors::unsupported("an alias of the same select list beside GROUP BY of an alias"))
            }
            false => ControlFlow::Continue(()),
        }
    }
}

struct Places<'a> {
    known: &'a HashMap<String, Expr>,
    twice: &'a [String],
    queries: usize,
    found: bool,
}

impl VisitorMut for Places<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let name = function_name(function);
        let gathers =
            function.over.is_some() || is_set_function(&name) || is_generator(&Expr::Function(function.clone()));
        let reads = |expr: &Expr| matches!(expr, Expr::Identifier(name) if self.known.contains_key(&fold(&name.value)));
        match gathers && self.queries == 0 && contains(function, reads) {
            true => ControlFlow::Break(errors::unsupported(
                "a name that may be an alias of the same select list, in an aggregate or window",
            )),
            false => ControlFlow::Continue(()),
        }
    }

    // From the leaves up, so that what is put in is not visited again.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let parts = match expr {
            Expr::Identifier(name) => std::slice::from_ref(name),
            Expr::CompoundIdentifier(parts) => parts.as_slice(),
            _ => return ControlFlow::Continue(()),
        };
        let Some((first, fields)) = parts.split_first() else { return ControlFlow::Continue(()) };
        let name = fold(&first.value);
        let Some(meant) = self.known.get(&name).filter(|_| self.queries == 0) else {
            return ControlFlow::Continue(());
        };
        if !fields.is_empty() || self.twice.contains(&name) || is_random(meant) || contains(meant, is_generator) {
            let feature = "a field of an alias of the same select list, or one that is random or stands twice,";
            return ControlFlow::Break(errors::unsupported(feature));
        }
        let shown = format!("lateralAliasReference({})", first.value);
        let value = call(PARAMETER, vec![string(&name), meant.clone()]);
        *expr = call(ROUTINE, vec![string(&shown), value]);
        self.found = true;
        ControlFlow::Continue(())
    }
}
