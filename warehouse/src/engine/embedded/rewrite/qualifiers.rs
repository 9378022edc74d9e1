//! Columns by the names of their tables, which the planner would resolve otherwise.

use datafusion::sql::sqlparser::ast::{Expr, Select, TableFactor};

use super::fold::fold;
use super::search::contains;

/// A column that is named by the schema of its table, where FROM names the table alone.
pub(super) fn name_of_another_schema(select: &Select) -> Option<String> {
    let relations = select
        .from
        .iter()
        .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)));
    let names: Vec<String> = relations
        .filter_map(|relation| match relation {
            TableFactor::Table { name, alias: None, .. } if name.0.len() == 1 => relation_name(relation),
            _ => None,
        })
        .collect();
    let found = std::cell::RefCell::new(None);
    contains(select, |expr| match expr {
        Expr::CompoundIdentifier(parts) if parts.len() > 2 => {
            let (first, second) = (fold(&parts[0].value), fold(&parts[1].value));
            let third = parts.get(2).map(|part| fold(&part.value));
            let hit = !names.contains(&first)
                && (names.contains(&second) || parts.len() > 3 && third.is_some_and(|third| names.contains(&third)));
            if hit {
                *found.borrow_mut() = Some(expr.to_string());
            }
            hit
        }
        _ => false,
    });
    found.into_inner()
}

/// A name that two tables of FROM have, by which a column is asked for.
pub(super) fn ambiguous_qualifier(select: &Select) -> Option<String> {
    let relations = select
        .from
        .iter()
        .flat_map(|table| std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation)));
    let names: Vec<String> = relations.filter_map(relation_name).collect();
    let twice: Vec<&String> =
        names.iter().enumerate().filter(|(at, name)| names[..*at].contains(name)).map(|(_, name)| name).collect();
    twice.into_iter().find(|name| {
        contains(select, |expr| {
            matches!(expr, Expr::CompoundIdentifier(parts) if parts.len() == 2 && fold(&parts[0].value) == **name)
        })
    })
    .cloned()
}

fn relation_name(relation: &TableFactor) -> Option<String> {
    match relation {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(fold(&alias.name.value))
        }
        TableFactor::Table { name, alias: None, .. } => {
            name.0.last().and_then(|part| part.as_ident()).map(|ident| fold(&ident.value))
        }
        _ => None,
    }
}
