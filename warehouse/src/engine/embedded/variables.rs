//! Session variables: what a name reads where no table has a column of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::logical_expr::Expr as Planned;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, Select, SelectItem, Statement, VisitMut, VisitorMut};

use super::operators::Typed;
use super::rewrite::fold;
use super::rewrite::typed_call::{call, string};
use super::session::SessionView;
use super::{errors, text, types};
use crate::engine::SqlError;

/// A variable by its lower-case name.
pub(super) type Variables = BTreeMap<String, Arc<Variable>>;

/// A variable of a session.
#[derive(Debug)]
pub(super) struct Variable {
    /// Its SQL type.
    pub(super) sql_type: String,
    /// What DEFAULT stands for; NULL when absent.
    pub(super) default: Option<Expr>,
    /// What it is now.
    pub(super) value: ScalarValue,
}

/// The typed call that reads a variable where there is no column of its name. Its arguments are the variable's name, the text
/// that stands for it in a column's name, and the name as it was written.
pub(super) const READ: &str = "variable";

/// The same where only a variable can be meant.
pub(super) const READ_QUALIFIED: &str = "qualified variable";

/// The variable or column that a call reads.
pub(super) fn read(args: &[Planned], qualified: bool, typed: &Typed<'_>) -> DfResult<Planned> {
    let Some(Planned::Literal(ScalarValue::Utf8(Some(name)), _)) = args.first() else {
        return Err(errors::carried(errors::internal("a variable without a name")));
    };
    let columns = typed.schema.qualified_fields_with_unqualified_name(name);
    if let (false, Some((qualifier, field))) = (qualified, columns.first()) {
        return Ok(Planned::from((*qualifier, *field)));
    }
    let Some(variable) = typed.session.variables.get(name) else {
        return Err(errors::carried(errors::internal("a variable that is not there")));
    };
    let value = &variable.value;
    // The session's zone may be another by now.
    let own = types::canonical(&value.data_type(), typed.session.time_zone());
    let value = own.map_or_else(|| Ok(value.clone()), |own| value.cast_to(&own))?;
    Ok(Planned::Literal(value, None))
}

/// The variable's part of a column's name: `variablereference(system.session.x=1)`.
fn shown(name: &str, variable: &Variable) -> Option<String> {
    let value = &variable.value;
    let text = match value {
        value if value.is_null() => format!("CAST(NULL AS {})", types::sql_text(&value.data_type())?),
        ScalarValue::Utf8(Some(text)) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        ScalarValue::Float64(Some(value)) => format!("{}D", text::double(*value)),
        ScalarValue::Int64(Some(value)) => format!("{value}L"),
        ScalarValue::Int16(Some(value)) => format!("{value}S"),
        ScalarValue::Int8(Some(value)) => format!("{value}Y"),
        ScalarValue::Int32(_) | ScalarValue::Boolean(_) => value.to_string(),
        _ => return None,
    };
    Some(format!("variablereference(system.session.{name}={text})"))
}

/// The name of a variable that may be qualified by `session` or `system.session`.
pub(super) fn own_name(parts: &[Ident]) -> Option<String> {
    let is = |part: &Ident, word: &str| part.value.eq_ignore_ascii_case(word);
    match parts {
        [name] => Some(fold(&name.value)),
        [schema, name] if is(schema, "session") => Some(fold(&name.value)),
        [catalog, schema, name] if is(catalog, "system") && is(schema, "session") => Some(fold(&name.value)),
        _ => None,
    }
}

/// The statement that is meant when its names are no columns: with variables in their places. `None` when the error is about
/// something else.
pub(super) fn instead(
    error: &SqlError,
    statement: &Statement,
    session: &SessionView,
) -> Result<Option<Statement>, SqlError> {
    if session.variables.is_empty() || !error.class.starts_with("UNRESOLVED_COLUMN") {
        return Ok(None);
    }
    let mut statement = statement.clone();
    let mut places = Places { session, qualified: false, queries: vec![], counted: 0, found: BTreeMap::new() };
    match statement.visit(&mut places) {
        ControlFlow::Continue(()) => {}
        ControlFlow::Break(error) => return Err(error),
    }
    // Beside a column from outside, which goes first, one of them would be taken for the other.
    if places.found.values().any(|queries| queries.iter().filter(|query| **query > 1).count() > 1) {
        return Err(errors::unsupported("a session variable in several subqueries of a statement"));
    }
    Ok((!places.found.is_empty()).then_some(statement))
}

/// Puts variables in the places of all of their names: no column can be meant.
pub(super) fn put(expr: &mut Expr, session: &SessionView) -> Result<(), SqlError> {
    let mut places = Places { session, qualified: true, queries: vec![], counted: 0, found: BTreeMap::new() };
    match expr.visit(&mut places) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Places<'a> {
    session: &'a SessionView,
    /// Whether no column can be meant.
    qualified: bool,
    /// The surrounding queries, by number.
    queries: Vec<usize>,
    counted: usize,
    /// The variables with the queries in which they stand.
    found: BTreeMap<String, BTreeSet<usize>>,
}

impl VisitorMut for Places<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.counted += 1;
        self.queries.push(self.counted);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<SqlError> {
        self.queries.pop();
        ControlFlow::Continue(())
    }

    // An alias of the same select list goes before a variable, too.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        let named = select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { alias, expr } => {
                let same = matches!(expr, Expr::Identifier(name) if fold(&name.value) == fold(&alias.value));
                (!same && self.session.variables.contains_key(&fold(&alias.value))).then(|| alias.value.clone())
            }
            _ => None,
        });
        match named {
            Some(name) => ControlFlow::Break(errors::unsupported(format!(
                "the alias {name}, which is also a session variable, beside session variables"
            ))),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let parts = match expr {
            Expr::Identifier(name) => std::slice::from_ref(name),
            Expr::CompoundIdentifier(parts) => parts.as_slice(),
            _ => return ControlFlow::Continue(()),
        };
        // `x`, `session.x` and `system.session.x`, each with fields behind it.
        let known = (1..=parts.len().min(3)).rev().find_map(|count| {
            let name = own_name(&parts[..count])?;
            self.session.variables.get(&name).map(|variable| (count, name, variable))
        });
        let Some((count, name, variable)) = known else { return ControlFlow::Continue(()) };
        let text = shown(&name, variable).unwrap_or_default();
        let written = parts.last().map(|part| part.value.clone()).unwrap_or_default();
        let how = if self.qualified || count > 1 { READ_QUALIFIED } else { READ };
        let fields: Vec<String> = parts[count..].iter().map(|field| field.value.clone()).collect();
        let variable = call(how, vec![string(&name), string(&text), string(&written)]);
        *expr = fields.iter().fold(variable, |value, field| call(".", vec![value, string(field)]));
        self.found.entry(name).or_default().extend(self.queries.last());
        ControlFlow::Continue(())
    }
}

/// A value in the type of a variable whose SQL type was not written.
pub(super) fn told_type(data_type: &DataType) -> Result<String, SqlError> {
    types::sql_text(data_type).ok_or_else(|| errors::unsupported(format!("a session variable of the type {data_type}")))
}
