//! What each operator of the pipe syntax makes of the query before it.

use std::collections::HashSet;

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::super::limits;
use super::super::parse::WarehouseDialect;
use super::super::rewrite::{holds_aggregates, holds_plain_aggregates};
use super::super::tokens::{is_word, meaningful, significant};
use super::pieces::{Tokens, closing, find, has, in_brackets, words, written};
use super::plain;

/// What the pipes so far give: the relations of FROM, the conditions of WHERE, and what comes last.
struct Pipe {
    from: Tokens,
    conditions: Vec<Tokens>,
    last: Tokens,
}

impl Pipe {
    fn of(from: Tokens) -> Self {
        Self { from, conditions: vec![], last: vec![] }
    }

    /// `SELECT list FROM … WHERE …`
    fn select(&self, list: &[TokenWithSpan]) -> Tokens {
        let mut query = written(&[&words("SELECT"), list, &words("FROM"), &self.from]);
        for (position, condition) in self.conditions.iter().enumerate() {
            query.extend(words(if position == 0 { "WHERE" } else { "AND" }));
            query.extend(in_brackets(condition));
        }
        query.extend(self.last.iter().cloned());
        query
    }

    /// The pipe as a relation.
    fn relation(self) -> Tokens {
        match self.conditions.is_empty() && self.last.is_empty() {
            true => self.from,
            false => in_brackets(&self.select(&words("*"))),
        }
    }

    /// The pipe with nothing behind WHERE.
    fn open(self) -> Self {
        match self.last.is_empty() {
            true => self,
            false => Self::of(self.relation()),
        }
    }
}

pub(super) fn piped(first: &[TokenWithSpan], operators: &[&[TokenWithSpan]]) -> Option<Tokens> {
    let start = significant(first, 0)?;
    let is = |text| is_word(&first[start].token, text);
    let alone = !has(first, &["SELECT", "UNION", "EXCEPT", "INTERSECT", "MINUS", "ORDER", "LIMIT"]);
    let mut pipe = Pipe::of(match () {
        () if (is("TABLE") || is("FROM")) && alone && !has(first, &["WHERE", "GROUP", "HAVING"]) => {
            first[start + 1..].to_vec()
        }
        () if is("VALUES") && alone => first[start..].to_vec(),
        () if first[start].token == Token::LParen && closing(first, start) == Some(first.len() - 1) => first.to_vec(),
        () => in_brackets(&plain(first)),
    });
    for operator in operators {
        pipe = applied(pipe, operator)?;
    }
    // The outermost query is no query in FROM: its columns keep their names, and its rows their order.
    let inner = significant(&pipe.from, 0)?;
    let last = pipe.from.iter().rposition(|token| !matches!(token.token, Token::Whitespace(_)))?;
    let is_query = pipe.from[inner].token == Token::LParen
        && closing(&pipe.from, inner) == Some(last)
        && significant(&pipe.from, inner + 1).is_some_and(|at| is_word(&pipe.from[at].token, "SELECT"));
    Some(match is_query && pipe.conditions.is_empty() && pipe.last.is_empty() {
        true => pipe.from[inner + 1..last].to_vec(),
        false => pipe.select(&words("*")),
    })
}

fn applied(pipe: Pipe, operator: &[TokenWithSpan]) -> Option<Pipe> {
    let start = significant(operator, 0)?;
    let Token::Word(name) = &operator[start].token else { return None };
    let rest = &operator[start + 1..];
    let nested = |query: Tokens| Some(Pipe::of(in_brackets(&query)));
    match name.value.to_ascii_uppercase().as_str() {
        "WHERE" => {
            let condition = parsed(rest)?;
            if holds_aggregates(&condition) || has(rest, &["WINDOW"]) {
                return None;
            }
            let mut pipe = pipe.open();
            pipe.conditions.push(rest.to_vec());
            Some(pipe)
        }
        "SELECT" => {
            let pipe = pipe.open();
            let clauses = ["GROUP", "WINDOW", "HAVING"];
            let list = find(rest, |token| clauses.iter().any(|word| is_word(token, word))).unwrap_or(rest.len());
            let (list, clauses) = rest.split_at(list);
            nested(written(&[&pipe.select(list), clauses]))
        }
        "EXTEND" => {
            let list = items(rest)?;
            let first = significant(rest, 0)?;
            if is_word(&rest[first].token, "DISTINCT") || rest[first].token == Token::Mul {
                return None;
            }
            if list.iter().any(|(expr, _)| parsed(expr).is_none_or(|expr| holds_plain_aggregates(&expr))) {
                return None;
            }
            nested(pipe.open().select(&written(&[&words("* ,"), rest])))
        }
        "SET" => {
            let mut pipe = pipe.open();
            for (assignment, _) in split(rest) {
                let at = significant(assignment, 0)?;
                let equals = significant(assignment, at + 1)?;
                let (Token::Word(_), Token::Eq) = (&assignment[at].token, &assignment[equals].token) else {
                    return None;
                };
                let column = &assignment[at..=at];
                // Always true, and wrong where there is no such column.
                pipe.conditions.push(written(&[column, &words("IS NULL OR TRUE")]));
                let value = &assignment[equals + 1..];
                let replace = written(&[&words("* REPLACE ("), value, &words("AS"), column, &words(")")]);
                pipe = Pipe::of(in_brackets(&pipe.select(&replace)));
            }
            Some(pipe)
        }
        "DROP" => {
            let plain = |(name, _): &(&[TokenWithSpan], ())| {
                meaningful(name).count() == 1 && meaningful(name).all(|token| matches!(token, Token::Word(_)))
            };
            if !split(rest).iter().all(plain) {
                return None;
            }
            nested(pipe.open().select(&written(&[&words("* EXCEPT ("), rest, &words(")")])))
        }
        "AS" => {
            let mut names = meaningful(rest);
            let (Some(Token::Word(_)), None) = (names.next(), names.next()) else { return None };
            let from = match pipe.conditions.is_empty() && pipe.last.is_empty() && is_one_name(&pipe.from) {
                true => pipe.from,
                false => in_brackets(&pipe.select(&words("*"))),
            };
            Some(Pipe::of(written(&[&from, &words("AS"), rest])))
        }
        "JOIN" | "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS" | "NATURAL" | "ANTI" | "SEMI" => {
            let left = pipe.relation();
            match find(&left, |token| *token == Token::Comma).is_some() || has(&left, &["LATERAL", "VALUES"]) {
                true => None,
                false => Some(Pipe::of(written(&[&left, operator]))),
            }
        }
        "LIMIT" | "OFFSET" | "ORDER" => {
            let is = |tokens: &[TokenWithSpan], word| has(tokens, &[word]);
            let several = ["ORDER", "SORT", "CLUSTER", "DISTRIBUTE"].iter().any(|word| is(rest, word))
                || is(rest, "LIMIT") && name.value.eq_ignore_ascii_case("ORDER");
            if several {
                return None;
            }
            // The order that LIMIT cuts is the one before it.
            let follows = is(&pipe.last, "ORDER") && !is(&pipe.last, "LIMIT") && !is(&pipe.last, "OFFSET");
            let mut pipe = match follows && !name.value.eq_ignore_ascii_case("ORDER") {
                true => pipe,
                false => pipe.open(),
            };
            pipe.last.extend(operator.iter().cloned());
            Some(pipe)
        }
        "AGGREGATE" => aggregated(pipe.open(), rest),
        "UNION" | "EXCEPT" | "INTERSECT" | "MINUS" => {
            let left = pipe.select(&words("*"));
            let left = if pipe.last.is_empty() { left } else { in_brackets(&left) };
            let left = written(&[&words("SELECT * FROM ("), &left, &words(")")]);
            nested(written(&[&left, &plain(operator)]))
        }
        "PIVOT" | "UNPIVOT" if !has(rest, &["PIVOT", "UNPIVOT"]) => {
            Some(Pipe::of(written(&[&pipe.open().relation(), operator])))
        }
        _ => None,
    }
}

/// `AGGREGATE values [GROUP BY keys]`: the keys are columns before the values.
fn aggregated(pipe: Pipe, rest: &[TokenWithSpan]) -> Option<Pipe> {
    let group = find(rest, |token| is_word(token, "GROUP")).unwrap_or(rest.len());
    let (values, keys) = rest.split_at(group);
    let values = if meaningful(values).next().is_some() { items(values)? } else { vec![] };
    let keys = match keys.is_empty() {
        true => vec![],
        false => {
            let by = significant(keys, 1).filter(|at| is_word(&keys[*at].token, "BY"))?;
            items(&keys[by + 1..])?
        }
    };
    if values.is_empty() && keys.is_empty() {
        return None;
    }
    for (value, _) in &values {
        if !holds_plain_aggregates(&parsed(value)?) || !has_no_window(value) || names_grouping(value) {
            return None;
        }
    }
    let mut texts = HashSet::new();
    for (key, _) in &keys {
        let text: Vec<String> = meaningful(key).map(ToString::to_string).collect();
        let is_position = matches!(meaningful(key).next(), Some(Token::Number(..)));
        if is_position || !texts.insert(text) || names_grouping(key) {
            return None;
        }
        parsed(key)?;
    }
    let mut list = Vec::new();
    for (expr, alias) in keys.iter().chain(&values) {
        if !list.is_empty() {
            list.extend(words(","));
        }
        list.extend(written(&[expr, alias]));
    }
    let mut query = pipe.select(&list);
    for (position, (key, _)) in keys.iter().enumerate() {
        query.extend(words(if position == 0 { "GROUP BY" } else { "," }));
        query.extend(key.iter().cloned());
    }
    Some(Pipe::of(in_brackets(&query)))
}

fn has_no_window(tokens: &[TokenWithSpan]) -> bool {
    !tokens.iter().any(|token| is_word(&token.token, "OVER"))
}

fn names_grouping(tokens: &[TokenWithSpan]) -> bool {
    let words = ["ROLLUP", "CUBE", "GROUPING", "GROUPING_ID", "ALL"];
    tokens.iter().any(|token| words.iter().any(|word| is_word(&token.token, word)))
        || find(tokens, |token| is_word(token, "SETS")).is_some()
}

fn is_one_name(tokens: &[TokenWithSpan]) -> bool {
    meaningful(tokens).all(|token| matches!(token, Token::Word(_) | Token::Period))
        && meaningful(tokens).filter(|token| matches!(token, Token::Word(_))).count()
            == meaningful(tokens).filter(|token| matches!(token, Token::Period)).count() + 1
}

/// An expression as the parser reads it, all of it.
fn parsed(tokens: &[TokenWithSpan]) -> Option<Expr> {
    let mut tokens = tokens.to_vec();
    tokens.push(TokenWithSpan::wrap(Token::EOF));
    let mut parser =
        Parser::new(&WarehouseDialect).with_recursion_limit(limits::NESTING).with_tokens_with_locations(tokens);
    let expr = parser.parse_expr().ok()?;
    (parser.peek_token().token == Token::EOF).then_some(expr)
}

/// The parts between commas.
fn split(tokens: &[TokenWithSpan]) -> Vec<(&[TokenWithSpan], ())> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => {
                parts.push((&tokens[from..at], ()));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push((&tokens[from..], ()));
    parts
}

/// Expressions with what names them.
fn items(tokens: &[TokenWithSpan]) -> Option<Vec<(&[TokenWithSpan], Tokens)>> {
    let item = |(part, ()): (&'_ [TokenWithSpan], ())| -> Option<(usize, Tokens)> {
        let end = part.iter().rposition(|token| !matches!(token.token, Token::Whitespace(_)))? + 1;
        let named = end.checked_sub(1).filter(|at| matches!(part[*at].token, Token::Word(_)))?;
        let before = (0..named).rev().find(|at| !matches!(part[*at].token, Token::Whitespace(_)))?;
        let (expr, alias) = match is_word(&part[before].token, "AS") {
            true => (before, named),
            false if parsed(&part[..=before]).is_some() && parsed(part).is_none() => (before + 1, named),
            false => return None,
        };
        Some((expr, written(&[&words("AS"), &part[alias..end]])))
    };
    let parts = split(tokens);
    if parts.iter().any(|(part, ())| meaningful(part).next().is_none()) {
        return None;
    }
    Some(
        parts
            .into_iter()
            .map(|(part, ())| match item((part, ())) {
                Some((end, alias)) => (&part[..end], alias),
                None => (part, vec![]),
            })
            .collect(),
    )
}
