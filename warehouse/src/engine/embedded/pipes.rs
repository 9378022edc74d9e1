//! The pipe syntax as the parser reads it: `FROM t |> WHERE a |> SELECT b` is `SELECT b FROM t WHERE a`, and what cannot be one query is
//! a query in FROM.

mod operators;
mod pieces;

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use self::operators::piped;
use self::pieces::{Tokens, closing, has, words, written};
use super::limits;
use super::tokens::{is_word, significant};

/// The tokens with every query of pipes as nested queries, and `TABLE t` and `FROM t` as `SELECT * FROM t`. What it cannot read is left as
/// it is, which the parser does not read either.
pub(super) fn nested(tokens: Tokens) -> Tokens {
    let is_of_interest = |token: &Token| is_word(token, "TABLE") || is_word(token, "FROM") || *token == Token::Pipe;
    if !tokens.iter().any(|token| is_of_interest(&token.token)) {
        return tokens;
    }
    level(&tokens, true, 0).unwrap_or(tokens)
}

/// The tokens between two brackets, or of the whole statement. `None` when it cannot be read.
fn level(tokens: &[TokenWithSpan], is_statement: bool, depth: usize) -> Option<Tokens> {
    if depth > limits::NESTING {
        return None;
    }
    let mut flat: Tokens = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        flat.push(token.clone());
        at += 1;
        if token.token == Token::LParen {
            let close = closing(tokens, at - 1)?;
            flat.extend(level(&tokens[at..close], false, depth + 1)?);
            flat.push(tokens[close].clone());
            at = close + 1;
        }
    }
    let end =
        flat.iter().rposition(|token| !matches!(token.token, Token::EOF | Token::SemiColon | Token::Whitespace(_)));
    let rest = flat.split_off(end.map_or(0, |end| end + 1));
    let start = start(&flat, is_statement);
    let (before, body) = flat.split_at(start.unwrap_or(0));
    let segments = segments(body);
    let body = match segments.as_slice() {
        [] => body.to_vec(),
        [one] if start.is_some() => plain(one),
        [one] => one.to_vec(),
        _ if start.is_none() => return None,
        [first, operators @ ..] => piped(first, operators)?,
    };
    Some(written(&[before, &body, &rest]))
}

/// Where the query begins; `None` when there is none.
fn start(tokens: &[TokenWithSpan], is_statement: bool) -> Option<usize> {
    let first = significant(tokens, 0)?;
    let begins = |at: usize| {
        ["SELECT", "FROM", "TABLE", "VALUES"].iter().any(|word| is_word(&tokens[at].token, word))
            || tokens[at].token == Token::LParen
    };
    let mut at = first;
    if is_statement && ["CREATE", "INSERT"].iter().any(|word| is_word(&tokens[first].token, word)) {
        let behind = |at: usize, word: &str| is_word(&tokens[at].token, word);
        let mut depth = 0_usize;
        let is_view = behind(first, "CREATE");
        at = (first..tokens.len()).find(|at| {
            match tokens[*at].token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
                && match is_view {
                    true => behind(*at, "AS"),
                    false => ["SELECT", "FROM", "VALUES", "WITH"].iter().any(|word| behind(*at, word)),
                }
        })?;
        if is_view {
            at = significant(tokens, at + 1)?;
        }
    }
    if is_word(&tokens[at].token, "WITH") {
        at = significant(tokens, at + 1)?;
        if is_word(&tokens[at].token, "RECURSIVE") {
            at = significant(tokens, at + 1)?;
        }
        loop {
            // A name, its columns, and its query.
            at = significant(tokens, at + 1)?;
            while tokens[at].token == Token::LParen || is_word(&tokens[at].token, "AS") {
                if tokens[at].token == Token::LParen {
                    at = closing(tokens, at)?;
                }
                at = significant(tokens, at + 1)?;
            }
            match tokens[at].token {
                Token::Comma => at = significant(tokens, at + 1)?,
                _ => break,
            }
        }
    }
    begins(at).then_some(at)
}

/// The parts between pipes.
fn segments(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
    let mut segments = Vec::new();
    let (mut depth, mut from, mut at) = (0_usize, 0, 0);
    while at < tokens.len() {
        match tokens[at].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Pipe if depth == 0 && tokens.get(at + 1).is_some_and(|next| next.token == Token::Gt) => {
                segments.push(&tokens[from..at]);
                from = at + 2;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    segments.push(&tokens[from..]);
    segments
}

/// `TABLE t` and `FROM t` as queries, also behind UNION and its like.
fn plain(tokens: &[TokenWithSpan]) -> Tokens {
    let mut all = Vec::with_capacity(tokens.len());
    let (mut depth, mut begins) = (0_usize, true);
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is = |text| is_word(&token.token, text);
        if depth == 0 && begins && is("TABLE") {
            all.extend(words("SELECT * FROM"));
        } else if depth == 0 && begins && is("FROM") && !has(&tokens[at..], &["SELECT", "INSERT", "MAP", "REDUCE"]) {
            all.extend(words("SELECT *"));
            all.push(token.clone());
        } else {
            all.push(token.clone());
        }
        if !matches!(token.token, Token::Whitespace(_)) {
            let sets = ["UNION", "EXCEPT", "INTERSECT", "MINUS"].iter().any(|word| is(word));
            begins = sets || begins && (is("ALL") || is("DISTINCT"));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::parse;
    use super::*;

    #[rstest]
    #[case::table("TABLE t", "SELECT * FROM t")]
    #[case::from("FROM t", "SELECT * FROM t")]
    #[case::select("FROM t |> SELECT a", "SELECT a FROM t")]
    #[case::conditions("FROM t |> WHERE a |> WHERE b |> SELECT c", "SELECT c FROM t WHERE (a) AND (b)")]
    #[case::nested("FROM t |> SELECT a |> SELECT b", "SELECT b FROM (SELECT a FROM t)")]
    #[case::extended("TABLE t |> EXTEND 1 AS b", "SELECT *, 1 AS b FROM t")]
    #[case::dropped("TABLE t |> DROP a, b", "SELECT * EXCEPT (a, b) FROM t")]
    #[case::named("TABLE t |> AS u |> WHERE u.a", "SELECT * FROM t AS u WHERE (u.a)")]
    #[case::joined("TABLE t |> JOIN u USING (a)", "SELECT * FROM t JOIN u USING (a)")]
    #[case::grouped("TABLE t |> AGGREGATE sum(b) AS s GROUP BY a AS k", "SELECT a AS k, sum(b) AS s FROM t GROUP BY a")]
    #[case::cut("TABLE t |> ORDER BY a |> LIMIT 2", "SELECT * FROM t ORDER BY a LIMIT 2")]
    #[case::within("SELECT (TABLE t |> SELECT a)", "SELECT (SELECT a FROM t)")]
    #[case::bits("SELECT a | b FROM t", "SELECT a | b FROM t")]
    #[case::field(
        "SELECT extract(DAY FROM d), trim(BOTH FROM e) FROM t",
        "SELECT extract(DAY FROM d), trim(BOTH FROM e) FROM t"
    )]
    fn pipes_are_nested_queries(#[case] sql: &str, #[case] expected: &str) {
        let text = |tokens: Tokens| -> String {
            tokens.iter().map(|token| token.token.to_string()).filter(|token| token != "EOF" && token != " ").collect()
        };
        assert_eq!(text(nested(parse::tokens(sql).unwrap())), text(parse::tokens(expected).unwrap()));
    }
}
