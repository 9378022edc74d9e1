//! USING and NATURAL: what they merge is spelled out, since the planner has each of their columns twice.
//!
//! A join with USING becomes one with ON; its columns by their name, and those of `*`, are named by their tables.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, OrderByKind, Query, Select,
    SelectItem, SetExpr, Statement, TableAlias, TableFactor, TableWithJoins, Value, Visit, VisitMut, Visitor,
    VisitorMut, With, visit_relations,
};

use datafusion::arrow::datatypes::Field;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::folded::DECLARED_NAME;
use super::plan::Planner;
use super::rewrite::typed_call::{call, string};
use super::rewrite::{fold, select_all, shown_name};
use super::routines::ROUTINE;
use crate::engine::SqlError;

/// The columns of relations, by the text of a query that reads one.
type Known = HashMap<String, Vec<String>>;

/// How many relations of joins may be looked up while one is looked up.
const MAX_DEPTH: usize = 6;

impl Planner<'_> {
    /// Spells USING and NATURAL out, as far as the columns of their tables can be told.
    pub(super) fn spell_merges_out<'a>(&'a self, statement: &'a mut Statement) -> BoxFuture<'a, Result<(), SqlError>> {
        async move {
            match has_merges(statement) && self.looking <= MAX_DEPTH {
                true => self.spelled(statement).await,
                false => Ok(()),
            }
        }
        .boxed()
    }

    async fn spelled(&self, statement: &mut Statement) -> Result<(), SqlError> {
        let mut asked = Asked::default();
        let _ = Visit::visit(statement, &mut asked);
        let mut known = Known::new();
        for (text, query) in asked.relations {
            let inner = Planner { looking: self.looking + 1, ..*self };
            let mut statement = Statement::Query(Box::new(query));
            inner.prepare(&mut statement).await?;
            // What can't be planned by itself fails, or is refused, in its place.
            if let Ok(plan) = inner.query(statement).await {
                let declared = |field: &Arc<Field>| field.metadata().get(DECLARED_NAME).unwrap_or(field.name()).clone();
                known.insert(text, plan.schema().fields().iter().map(declared).collect());
            }
        }
        let _ = VisitMut::visit(statement, &mut Speller { known, scopes: Scopes::default(), named: 0 });
        Ok(())
    }
}

fn has_merges(statement: &Statement) -> bool {
    struct Search;

    impl Visitor for Search {
        type Break = ();

        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
            match select.from.iter().any(merges) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
    }

    Visit::visit(statement, &mut Search).is_break()
}

fn merges(table: &TableWithJoins) -> bool {
    let within = |relation: &TableFactor| match relation {
        TableFactor::NestedJoin { table_with_joins, .. } => merges(table_with_joins),
        _ => false,
    };
    within(&table.relation)
        || table.joins.iter().any(|join| {
            matches!(constraint(&join.join_operator), Some(JoinConstraint::Using(_) | JoinConstraint::Natural))
                || within(&join.relation)
        })
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    Some(match operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c)
        | JoinOperator::CrossJoin(c)
        | JoinOperator::Semi(c)
        | JoinOperator::LeftSemi(c)
        | JoinOperator::Anti(c)
        | JoinOperator::LeftAnti(c) => c,
        _ => return None,
    })
}

fn constraint_of(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    Some(match operator {
        JoinOperator::Join(c)
        | JoinOperator::Inner(c)
        | JoinOperator::Left(c)
        | JoinOperator::LeftOuter(c)
        | JoinOperator::Right(c)
        | JoinOperator::RightOuter(c)
        | JoinOperator::FullOuter(c)
        | JoinOperator::CrossJoin(c)
        | JoinOperator::Semi(c)
        | JoinOperator::LeftSemi(c)
        | JoinOperator::Anti(c)
        | JoinOperator::LeftAnti(c) => c,
        _ => return None,
    })
}

/// The common table expressions of the surrounding queries, the outermost first.
#[derive(Default)]
struct Scopes(Vec<Option<With>>);

impl Scopes {
    /// A query that reads one relation, with those common table expressions that it reads in their turn.
    fn query(&self, relation: &TableFactor) -> Query {
        let mut query = Query {
            with: None,
            body: Box::new(SetExpr::Select(Box::new(select_all(relation.clone())))),
            order_by: None,
            limit_clause: None,
            fetch: None,
            locks: vec![],
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators: vec![],
        };
        let mut needed = relations(&query);
        let mut tables = Vec::new();
        let mut with: Option<&With> = None;
        for scope in self.0.iter().flatten().rev() {
            for table in scope.cte_tables.iter().rev() {
                if needed.contains(&fold(&table.alias.name.value)) {
                    needed.extend(relations(table.query.as_ref()));
                    tables.insert(0, table.clone());
                    with = Some(scope);
                }
            }
        }
        query.with = with.map(|with| With { cte_tables: tables, ..with.clone() });
        query
    }
}

fn relations(query: &Query) -> Vec<String> {
    let mut names = Vec::new();
    let _ = visit_relations(query, |relation| {
        if let [part] = relation.0.as_slice() {
            names.extend(part.as_ident().map(|ident| fold(&ident.value)));
        }
        ControlFlow::<()>::Continue(())
    });
    names
}

/// The relations whose columns are to be told.
#[derive(Default)]
struct Asked {
    scopes: Scopes,
    relations: HashMap<String, Query>,
}

impl Asked {
    fn ask(&mut self, table: &TableWithJoins) {
        for relation in std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)) {
            match relation {
                TableFactor::NestedJoin { table_with_joins, alias: None } => self.ask(table_with_joins),
                relation => {
                    let query = self.scopes.query(relation);
                    self.relations.insert(query.to_string(), query);
                }
            }
        }
    }
}

impl Visitor for Asked {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.scopes.0.push(query.with.clone());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.scopes.0.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if select.from.iter().any(merges) {
            select.from.iter().for_each(|table| self.ask(table));
        }
        ControlFlow::Continue(())
    }
}

/// A column that a FROM shows, and how it is named by its table.
#[derive(Debug, Clone)]
struct Shown {
    name: String,
    expr: Expr,
    merged: bool,
}

struct Speller {
    known: Known,
    scopes: Scopes,
    named: usize,
}

impl VisitorMut for Speller {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.0.push(query.with.clone());
        let Query { body, order_by, .. } = query;
        if let SetExpr::Select(select) = body.as_mut()
            && let Some(shown) = self.spelled(select)
            && let Some(order_by) = order_by
            && let OrderByKind::Expressions(keys) = &mut order_by.kind
        {
            let own = output_names(select);
            let inputs: Vec<Shown> = shown.into_iter().filter(|column| !own.contains(&column.name)).collect();
            keys.iter_mut().for_each(|key| put(&mut key.expr, &inputs));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.scopes.0.pop();
        ControlFlow::Continue(())
    }

    // The branches of UNION and its like.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        self.spelled(select);
        ControlFlow::Continue(())
    }
}

impl Speller {
    /// Spells the joins of a select list out, and gives what its FROM shows; `None` when nothing is merged or not all is known.
    fn spelled(&mut self, select: &mut Select) -> Option<Vec<Shown>> {
        if !select.from.iter().any(merges) {
            return None;
        }
        let mut from = select.from.clone();
        let mut shown = Vec::new();
        for table in &mut from {
            shown.extend(self.joined(table)?);
        }
        let mut qualifiers = Vec::new();
        from.iter().for_each(|table| qualifiers_of(table, &mut qualifiers));
        qualifiers.sort();
        if qualifiers.windows(2).any(|pair| pair[0] == pair[1]) {
            return None;
        }
        let projection = projection(&select.projection, &shown)?;
        select.from = from;
        select.projection = projection;
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                put(expr, &shown);
            }
        }
        select.selection.iter_mut().for_each(|condition| put(condition, &shown));
        if let GroupByExpr::Expressions(keys, _) = &mut select.group_by {
            keys.iter_mut().for_each(|key| put(key, &shown));
        }
        let aliases: Vec<String> = select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::ExprWithAlias { alias, .. } => Some(fold(&alias.value)),
                _ => None,
            })
            .collect();
        let inputs: Vec<Shown> = shown.iter().filter(|column| !aliases.contains(&column.name)).cloned().collect();
        select.having.iter_mut().chain(&mut select.qualify).for_each(|condition| put(condition, &inputs));
        Some(shown)
    }

    fn joined(&mut self, table: &mut TableWithJoins) -> Option<Vec<Shown>> {
        let mut left = self.columns(&mut table.relation)?;
        for join in &mut table.joins {
            let right = self.columns(&mut join.relation)?;
            left = merged(left, right, join)?;
        }
        Some(left)
    }

    fn columns(&mut self, relation: &mut TableFactor) -> Option<Vec<Shown>> {
        if let TableFactor::NestedJoin { table_with_joins, alias: None } = relation {
            return self.joined(table_with_joins);
        }
        let names = self.known.get(&self.scopes.query(relation).to_string())?.clone();
        if let TableFactor::Derived { alias: alias @ None, .. } = relation {
            self.named += 1;
            let name = Ident::with_quote('`', format!("\u{2}join {}", self.named));
            *alias = Some(TableAlias { explicit: true, name, columns: vec![], at: None });
        }
        let qualifier = qualifier(relation)?;
        let column = |name: String| Shown {
            expr: Expr::CompoundIdentifier(vec![qualifier.clone(), Ident::with_quote('`', &name)]),
            name: fold(&name),
            merged: false,
        };
        Some(names.into_iter().map(column).collect())
    }
}

fn qualifier(relation: &TableFactor) -> Option<Ident> {
    match relation {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::Function { alias: Some(alias), .. } => Some(alias.name.clone()),
        TableFactor::Table { name, .. } => name.0.last()?.as_ident().cloned(),
        _ => None,
    }
}

fn qualifiers_of(table: &TableWithJoins, found: &mut Vec<String>) {
    for relation in std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)) {
        match relation {
            TableFactor::NestedJoin { table_with_joins, .. } => qualifiers_of(table_with_joins, found),
            relation => found.extend(qualifier(relation).map(|name| fold(&name.value))),
        }
    }
}

/// What a join shows; its USING or NATURAL becomes an ON.
fn merged(left: Vec<Shown>, right: Vec<Shown>, join: &mut Join) -> Option<Vec<Shown>> {
    let count = |columns: &[Shown], name: &str| columns.iter().filter(|column| column.name == name).count();
    let keys: Vec<String> = match constraint(&join.join_operator) {
        Some(JoinConstraint::Using(columns)) => columns
            .iter()
            .map(|column| match column.0.as_slice() {
                [part] => part.as_ident().map(|ident| fold(&ident.value)),
                _ => None,
            })
            .collect::<Option<_>>()?,
        Some(JoinConstraint::Natural) => {
            left.iter().map(|column| column.name.clone()).filter(|name| count(&right, name) > 0).collect()
        }
        _ => {
            if let Some(JoinConstraint::On(condition)) = constraint_of(&mut join.join_operator) {
                let both: Vec<Shown> = left.iter().chain(&right).cloned().collect();
                put(condition, &both);
            }
            return Some(match is_of_left_rows(&join.join_operator) {
                true => left,
                false => left.into_iter().chain(right).collect(),
            });
        }
    };
    if keys.iter().any(|key| count(&left, key) != 1 || count(&right, key) != 1) {
        return None;
    }
    let find = |columns: &[Shown], name: &str| columns.iter().find(|column| column.name == name).cloned();
    let mut condition: Option<Expr> = None;
    let mut shown = Vec::new();
    for key in &keys {
        let (left, right) = (find(&left, key)?, find(&right, key)?);
        let equal = binary(left.expr.clone(), BinaryOperator::Eq, right.expr.clone());
        condition = Some(match condition {
            Some(before) => binary(before, BinaryOperator::And, equal),
            None => equal,
        });
        let expr = match join.join_operator {
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => right.expr,
            JoinOperator::FullOuter(_) => {
                call(ROUTINE, vec![string(key), call("coalesce", vec![left.expr, right.expr])])
            }
            _ => left.expr,
        };
        shown.push(Shown { name: key.clone(), expr, merged: true });
    }
    let rest = |columns: Vec<Shown>| columns.into_iter().filter(|column| !keys.contains(&column.name));
    shown.extend(rest(left));
    if !is_of_left_rows(&join.join_operator) {
        shown.extend(rest(right));
    }
    let constraint = constraint_of(&mut join.join_operator)?;
    *constraint = JoinConstraint::On(condition.unwrap_or_else(|| Expr::value(Value::Boolean(true))));
    Some(shown)
}

/// Whether a join shows the columns of its left side alone.
fn is_of_left_rows(operator: &JoinOperator) -> bool {
    matches!(
        operator,
        JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::Anti(_) | JoinOperator::LeftAnti(_)
    )
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// The select list with the columns of `*` one by one.
fn projection(items: &[SelectItem], shown: &[Shown]) -> Option<Vec<SelectItem>> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let SelectItem::Wildcard(options) = item else {
            all.push(item.clone());
            continue;
        };
        if options.opt_replace.is_some() || options.opt_rename.is_some() || options.opt_ilike.is_some() {
            return None;
        }
        let left_out: Vec<String> = options
            .opt_except
            .iter()
            .flat_map(|except| std::iter::once(&except.first_element).chain(&except.additional_elements))
            .map(|name| fold(&name.value))
            .collect();
        if left_out.iter().any(|name| !shown.iter().any(|column| column.name == *name)) {
            return None;
        }
        let kept = shown.iter().filter(|column| !left_out.contains(&column.name));
        all.extend(kept.map(|column| SelectItem::UnnamedExpr(column.expr.clone())));
    }
    Some(all)
}

fn output_names(select: &Select) -> Vec<String> {
    let name = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(fold(&alias.value)),
        SelectItem::UnnamedExpr(expr @ (Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::BinaryOp { .. })) => {
            Some(fold(&shown_name(expr)))
        }
        _ => None,
    };
    select.projection.iter().filter_map(name).collect()
}

/// Names the merged columns of an expression by their tables; subqueries have their own.
fn put(expr: &mut Expr, shown: &[Shown]) {
    struct Places<'a> {
        shown: &'a [Shown],
        queries: usize,
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
            let Expr::Identifier(name) = expr else { return ControlFlow::Continue(()) };
            let name = name.clone();
            let found = self.shown.iter().find(|column| column.merged && column.name == fold(&name.value));
            let Some(column) = found.filter(|_| self.queries == 0) else { return ControlFlow::Continue(()) };
            *expr = match &column.expr {
                Expr::CompoundIdentifier(parts) => {
                    let mut parts = parts.clone();
                    if let Some(last) = parts.last_mut() {
                        *last = name;
                    }
                    Expr::CompoundIdentifier(parts)
                }
                other => other.clone(),
            };
            ControlFlow::Continue(())
        }
    }

    let _ = expr.visit(&mut Places { shown, queries: 0 });
}
