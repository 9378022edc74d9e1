//! What DataFusion and Arrow fail with, in the words and codes of the reference.

use std::sync::LazyLock;

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use regex::Regex;

use super::errors::{arithmetic_overflow, divide_by_zero, internal, quote, syntax, unsupported};
use crate::engine::SqlError;

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        from_datafusion(&error)
    }
}

impl From<&DataFusionError> for SqlError {
    fn from(error: &DataFusionError) -> Self {
        from_datafusion(error)
    }
}

fn from_datafusion(error: &DataFusionError) -> SqlError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => from_datafusion(inner),
        DataFusionError::Shared(inner) => from_datafusion(inner),
        DataFusionError::Collection(errors) => match errors.first() {
            Some(first) => from_datafusion(first),
            None => internal("an empty list of errors"),
        },
        DataFusionError::External(inner) => from_foreign(inner.as_ref(), error),
        DataFusionError::ArrowError(inner, _) => from_arrow(inner),
        DataFusionError::SchemaError(inner, _) => from_schema(inner),
        DataFusionError::NotImplemented(text) => unsupported(first_line(text)),
        DataFusionError::SQL(parser, _) => syntax(format!("Syntax error: {parser}.")),
        DataFusionError::Plan(text) => from_plan_text(&first_line(text)),
        DataFusionError::ResourcesExhausted(text) => {
            SqlError::new("OUT_OF_MEMORY", "53200", format!("Not enough memory: {}", first_line(text)))
        }
        other => from_run_text(&first_line(&other.strip_backtrace())),
    }
}

fn from_foreign(inner: &(dyn std::error::Error + Send + Sync + 'static), outer: &DataFusionError) -> SqlError {
    if let Some(error) = inner.downcast_ref::<SqlError>() {
        return error.clone();
    }
    if let Some(error) = inner.downcast_ref::<DataFusionError>() {
        return from_datafusion(error);
    }
    if let Some(error) = inner.downcast_ref::<ArrowError>() {
        return from_arrow(error);
    }
    internal(&first_line(&outer.strip_backtrace()))
}

impl From<ArrowError> for SqlError {
    fn from(error: ArrowError) -> Self {
        from_arrow(&error)
    }
}

fn from_arrow(error: &ArrowError) -> SqlError {
    match error {
        ArrowError::ExternalError(inner) => match inner.downcast_ref::<SqlError>() {
            Some(error) => error.clone(),
            None => match inner.downcast_ref::<DataFusionError>() {
                Some(error) => from_datafusion(error),
                None => internal(&error.to_string()),
            },
        },
        ArrowError::DivideByZero => divide_by_zero(),
        ArrowError::ArithmeticOverflow(text) => arithmetic_overflow(text),
        ArrowError::CastError(text) | ArrowError::ParseError(text) => {
            SqlError::new("CAST_INVALID_INPUT", "22018", format!("The value can't be converted: {text}."))
        }
        other => from_run_text(&first_line(&other.to_string())),
    }
}

fn from_schema(error: &SchemaError) -> SqlError {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => unresolved_column(field, valid_fields),
        SchemaError::AmbiguousReference { field } => SqlError::new(
            "AMBIGUOUS_REFERENCE",
            "42704",
            format!("Reference `{}` is ambiguous, because several columns have this name.", field.name),
        ),
        SchemaError::DuplicateQualifiedField { .. } | SchemaError::DuplicateUnqualifiedField { .. } => {
            unsupported(format!("a column name that stands twice ({error})"))
        }
    }
}

/// How many names a suggestion lists.
const SUGGESTIONS: usize = 5;

fn unresolved_column(field: &Column, valid_fields: &[Column]) -> SqlError {
    let mut parts: Vec<String> = field.relation.iter().flat_map(|r| r.to_vec()).collect();
    parts.push(field.name.clone());
    let name = quote(&parts);
    let mut known: Vec<&Column> = valid_fields.iter().collect();
    if known.is_empty() {
        return SqlError::new(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            "42703",
            format!("A column, variable, or function parameter with name {name} cannot be resolved."),
        );
    }
    known.sort_by_key(|c| distance(&c.name, &field.name));
    let known: Vec<_> = known.iter().take(SUGGESTIONS).map(|c| quote(&[&c.name])).collect();
    SqlError::new(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "42703",
        format!(
            "A column, variable, or function parameter with name {name} cannot be resolved. \
             Did you mean one of the following? [{}].",
            known.join(", ")
        ),
    )
}

/// The Levenshtein distance of two names, for suggestions.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

// DataFusion has no variants for these; its words are all there is to go by.
fn from_plan_text(text: &str) -> SqlError {
    let mentions = |parts: &[&str]| parts.iter().any(|p| text.contains(p));
    if mentions(&["Column in HAVING must", "Column in ORDER BY must"]) {
        // The reference looks for them among the columns that are left.
        let text = format!("A column, variable, or function parameter cannot be resolved behind GROUP BY. {text}");
        SqlError::new("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", text)
    } else if mentions(&["must appear in the GROUP BY clause", "could not be resolved from available columns"]) {
        SqlError::new(
            "MISSING_AGGREGATION",
            "42803",
            format!(
                "A non-aggregating expression is based on columns which are not participating in the GROUP BY clause. {text}"
            ),
        )
    } else if mentions(&[
        "different number of columns",
        "requires the same number of columns",
        "UNION queries have different number",
    ]) {
        SqlError::new("NUM_COLUMNS_MISMATCH", "42826", text)
    } else if mentions(&["Cannot find column with position"]) {
        SqlError::new("GROUP_BY_POS_OUT_OF_RANGE", "42805", text)
    } else if mentions(&["Order by column out of bounds"]) {
        SqlError::new("ORDER_BY_POS_OUT_OF_RANGE", "42805", text)
    } else if mentions(&["Invalid function", "table function"]) {
        SqlError::new("UNRESOLVED_ROUTINE", "42883", text)
    } else if mentions(&["unique expression names", "duplicate qualified field", "duplicate unqualified field"]) {
        unsupported(format!("a column name that stands twice in a subquery ({text})"))
    } else if mentions(&[
        "Cannot coerce",
        "Cannot infer common",
        "No function matches",
        "coercion",
        "Cannot create filter with non-boolean",
    ]) {
        SqlError::new("DATATYPE_MISMATCH", "42K09", text)
    } else {
        SqlError::new(
            "UNSUPPORTED_FEATURE.EMBEDDED_ENGINE",
            "0A000",
            format!("The statement can't be planned by the embedded engine: {text}"),
        )
    }
}

// Failures while a plan runs that DataFusion has no variants for.
fn from_run_text(text: &str) -> SqlError {
    if text.contains("duplicate key") || text.contains("duplicated key") {
        SqlError::new("DUPLICATED_MAP_KEY", "23505", text)
    } else if text.contains("more than one row") || text.contains("more than 1 row") {
        SqlError::new("SCALAR_SUBQUERY_TOO_MANY_ROWS", "21000", text)
    } else if text.contains("Physical input schema should be the same") {
        unsupported("a query of this form, whose parts the planner gives other columns,")
    } else if text.contains("overflow on abs") {
        arithmetic_overflow("The absolute value of the least number is out of its type's range")
    } else if text.contains("square root of a negative number") {
        unsupported("the square root of a negative number")
    } else if text.contains("Cannot run range queries") {
        unsupported("a window that is ordered by a value of this type, without ROWS,")
    } else if text.contains("NTILE requires") {
        unsupported("ntile of no groups")
    } else {
        internal(text)
    }
}

/// The first line of an engine's text without the engine's own notation: `count(Int64(1))` is `count(1)`.
fn first_line(text: &str) -> String {
    static LITERAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"\b(?:Boolean|U?Int\d+|Float\d+|Utf8|Date32|Decimal128|TimestampMicrosecond)\("?([^()"]*)"?\)"#)
            .ok()
    });
    let line = text.lines().next().unwrap_or(text);
    let line = LITERAL.as_ref().map_or(line.into(), |literal| literal.replace_all(line, "$1"));
    line.chars().filter(|c| !c.is_control()).collect()
}
