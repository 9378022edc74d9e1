//! What the parser cannot read though it is part of the dialect: a syntax error of it is a refusal by name.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::tokens::meaningful;
use super::{errors, parse};
use crate::engine::SqlError;

/// A syntax error of what is no error in the dialect, as a refusal by name.
pub(super) fn unread(sql: &str, error: SqlError) -> SqlError {
    if error.class != "PARSE_SYNTAX_ERROR" {
        return error;
    }
    let tokens = parse::tokens(sql).unwrap_or_default();
    let tokens: Vec<&Token> = meaningful(&tokens).collect();
    let words: Vec<String> = tokens.iter().map(|token| token.to_string().to_ascii_uppercase()).collect();
    let follows = |wanted: &[&str]| words.windows(wanted.len()).any(|window| window == wanted);
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let says = |part: &str| error.text.to_ascii_uppercase().contains(part);
    let names_columns = |window: &[String]| {
        window[0] == ")" && window[1] == "AS" && window[2] == "(" && [",", ")"].contains(&window[4].as_str())
    };
    let is_query = |window: &[String]| ["SELECT", "WITH", "VALUES", "FROM", "TABLE"].contains(&window[3].as_str());
    let feature = if words.windows(5).any(|window| names_columns(window) && !is_query(window)) {
        "AS with several columns behind a generator"
    } else if follows(&["PARTITION", "("]) && (words[0] != "SHOW" || has("LIKE")) {
        "PARTITION (…) of a table"
    } else if follows(&["AS", "SERDE"]) {
        "AS SERDE"
    } else if follows(&["(", "*"]) || follows(&[".", "*", ")"]) || follows(&[".", "*", ","]) {
        "* as an argument"
    } else if words.windows(4).any(|window| window[..2] == ["EXCEPT", "("] && window[3] == ".") || says("FOUND: EXCEPT")
    {
        "EXCEPT of fields"
    } else if says("FOUND: AS AT") {
        "a name with AS for a value in brackets"
    } else if says("FOUND: FROM") || says("JOINED TABLE, FOUND: SELECT") {
        "FROM before SELECT"
    } else if follows(&["CROSS", "JOIN"]) && has("ON") {
        "CROSS JOIN with a condition"
    } else if follows(&["TRIM", "("]) {
        "this form of trim"
    } else if words.iter().filter(|word| *word == "SETS").count() > 1 {
        "GROUPING SETS in each other"
    } else if ["<<", ">>", ">>>"].iter().any(|shift| has(shift)) {
        "the operators << and >>"
    } else if has("::") && has("INTERVAL") {
        "the cast to an interval"
    } else if has("COLLATE") || has("COLLATION") {
        "COLLATE"
    } else if has("PIVOT") || has("UNPIVOT") {
        "PIVOT"
    } else if has("ALL") && [",", "*", ")"].iter().any(|next| follows(&["ALL", next])) {
        "a column called all"
    } else {
        return error;
    };
    errors::unsupported(feature)
}
