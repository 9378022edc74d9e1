//! What the parser cannot read, or would take for something else, though it is part of the dialect: each by its name.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::pipes::nested;
use super::tokens::meaningful;
use super::{errors, parse};
use crate::engine::SqlError;

/// A statement's words in capitals, and what the parser said of it.
struct Words {
    tokens: Vec<Token>,
    /// Every token's text.
    words: Vec<String>,
    error: String,
}

/// A construct: how it is known, and what it is called.
type Construct = (fn(&Words) -> bool, &'static str);

/// Constructs that are known before anything is parsed.
const UNREADABLE: [Construct; 14] = [
    (|w| ["MAP", "REDUCE"].contains(&w.first()), "the statement MAP or REDUCE"),
    (Words::pipes, "the pipe syntax in this form"),
    (|w| w.follows(&["MAX", "RECURSION"]), "MAX RECURSION"),
    (|w| w.follows(&["SELECT", "TRANSFORM"]) && w.has("USING"), "SELECT TRANSFORM"),
    (|w| w.follows(&["APPROX", "NEAREST"]) || w.follows(&["EXACT", "NEAREST"]), "NEAREST joins"),
    (|w| w.follows(&["AS", "INTERVAL"]), "the cast to an interval"),
    (Words::assigns_default, "DEFAULT as a value"),
    (|w| w.first() == "INSERT" && w.follows(&["REPLACE", "WHERE"]), "INSERT … REPLACE WHERE"),
    (|w| w.first() == "INSERT" && w.follows(&["REPLACE", "USING"]), "INSERT … REPLACE USING"),
    (|w| w.first() == "INSERT" && w.follows(&["REPLACE", "ON"]), "INSERT … REPLACE ON"),
    (|w| w.first() == "INSERT" && w.follows(&["BY", "NAME"]), "INSERT … BY NAME"),
    (|w| w.follows(&["SELECT", "FROM"]), "SELECT without columns"),
    (|w| w.follows(&["FROM", "FROM"]), "a column called from"),
    (|w| w.follows(&["SHOW", "USER"]) && w.has("IDENTIFIER"), "IDENTIFIER(…) in this place"),
];

/// Constructs that are known by what the parser does not read.
const UNREAD: [Construct; 15] = [
    (|w| w.has("TABLESAMPLE"), "TABLESAMPLE"),
    (Words::names_columns, "AS with several columns behind a generator"),
    (|w| w.follows(&["PARTITION", "("]) && (w.first() != "SHOW" || w.has("LIKE")), "PARTITION (…) of a table"),
    (|w| w.follows(&["AS", "SERDE"]), "AS SERDE"),
    (|w| w.follows(&["(", "*"]) || w.follows(&[".", "*", ")"]) || w.follows(&[".", "*", ","]), "* as an argument"),
    (|w| w.excepts_fields() || w.says("FOUND: EXCEPT"), "EXCEPT of fields"),
    (|w| w.says("FOUND: AS AT"), "a name with AS for a value in brackets"),
    (|w| w.says("FOUND: FROM") || w.says("JOINED TABLE, FOUND: SELECT"), "FROM before SELECT"),
    (|w| w.follows(&["CROSS", "JOIN"]) && w.has("ON"), "CROSS JOIN with a condition"),
    (|w| w.follows(&["TRIM", "("]), "this form of trim"),
    (|w| w.words.iter().filter(|word| *word == "SETS").count() > 1, "GROUPING SETS in each other"),
    (|w| w.has("::") && w.has("INTERVAL"), "the cast to an interval"),
    (|w| w.has("COLLATE") || w.has("COLLATION"), "COLLATE"),
    (|w| w.has("PIVOT") || w.has("UNPIVOT"), "PIVOT"),
    (|w| [",", "*", ")"].iter().any(|next| w.follows(&["ALL", next])), "a column called all"),
];

/// The verbs of the dialect's statements that this engine has not.
const VERBS: [&str; 34] = [
    "ALTER", "ANALYZE", "BEGIN", "CACHE", "CALL", "CLEAR", "COMMENT", "CONVERT", "COPY", "CREATE", "DECLARE", "DROP",
    "EXECUTE", "EXPLAIN", "FROM", "FSCK", "GET", "GRANT", "LIST", "LOAD", "MERGE", "MSCK", "OPTIMIZE", "PUT",
    "REFRESH", "REMOVE", "REPAIR", "REPLACE", "RESTORE", "REVOKE", "TABLE", "UNCACHE", "UNDROP", "VACUUM",
];

impl Words {
    fn of(sql: &str, error: &str) -> Option<Self> {
        let tokens: Vec<Token> = meaningful(&nested(parse::tokens(sql).ok()?)).cloned().collect();
        let words = tokens.iter().map(|token| token.to_string().to_ascii_uppercase()).collect();
        Some(Self { tokens, words, error: error.to_ascii_uppercase() })
    }

    fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn follows(&self, wanted: &[&str]) -> bool {
        self.words.windows(wanted.len()).any(|window| window == wanted)
    }

    fn has(&self, wanted: &str) -> bool {
        self.words.iter().any(|word| word == wanted)
    }

    fn says(&self, part: &str) -> bool {
        self.error.contains(part)
    }

    /// `|>`, or `|` before an operator of pipes.
    fn pipes(&self) -> bool {
        const OPERATORS: [&str; 12] = [
            "SELECT",
            "EXTEND",
            "SET",
            "DROP",
            "AS",
            "WHERE",
            "LIMIT",
            "AGGREGATE",
            "ORDER",
            "JOIN",
            "UNION",
            "EXCEPT",
        ];
        self.tokens.windows(3).any(|window| match window {
            [Token::Pipe, Token::Gt, _] => true,
            [Token::Pipe, Token::Word(operator), next] => {
                let is_operator = OPERATORS.contains(&operator.value.to_ascii_uppercase().as_str());
                is_operator && matches!(next, Token::Word(_) | Token::Number(..) | Token::Mul)
            }
            _ => false,
        })
    }

    fn assigns_default(&self) -> bool {
        ["INSERT", "UPDATE"].contains(&self.first())
            && self.words.windows(2).any(|pair| ["(", ",", "="].contains(&pair[0].as_str()) && pair[1] == "DEFAULT")
    }

    fn names_columns(&self) -> bool {
        self.words.windows(5).any(|window| {
            let is_query = ["SELECT", "WITH", "VALUES", "FROM", "TABLE"].contains(&window[3].as_str());
            window[..3] == [")", "AS", "("] && [",", ")"].contains(&window[4].as_str()) && !is_query
        })
    }

    fn excepts_fields(&self) -> bool {
        self.words.windows(4).any(|window| window[..2] == ["EXCEPT", "("] && window[3] == ".")
    }

    fn named(&self, constructs: &[Construct]) -> Option<&'static str> {
        constructs.iter().find(|(is_it, _)| is_it(self)).map(|(_, name)| *name)
    }
}

/// What of a statement the parser would take for something else, by its name.
pub(super) fn misread(sql: &str) -> Option<&'static str> {
    let substitutes =
        sql.split("${").skip(1).any(|rest| rest.split_once('}').is_some_and(|(name, _)| !name.is_empty()));
    substitutes.then_some("the substitution of ${…}")
}

/// What of a statement the parser cannot read, by its name.
pub(super) fn not_here(sql: &str) -> Option<String> {
    let words = Words::of(sql, "")?;
    match VERBS.contains(&words.first()) {
        true => Some(format!("the statement {}", words.first())),
        false => words.named(&UNREADABLE).map(str::to_owned),
    }
}

/// A syntax error of what is no error in the dialect, as a refusal by name.
pub(super) fn unread(sql: &str, error: SqlError) -> SqlError {
    if error.class != "PARSE_SYNTAX_ERROR" {
        return error;
    }
    let feature = Words::of(sql, &error.text).and_then(|words| words.named(&UNREAD));
    feature.map_or(error, errors::unsupported)
}
