//! Inline tables as the parser reads them: `VALUES 1, 2` has rows without parentheses, and `VALUES (1) AS t(a)` an alias where a query
//! stands.

use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::limits;
use super::parse::WarehouseDialect;
use super::tokens::{is_word, significant};

/// The tokens with every row in parentheses, and with `SELECT * FROM` before an inline table that has an alias.
pub(super) fn spelled_out(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    // Each of nested tables is walked to its end. What is nested deeper is refused by the parser.
    if nesting(&tokens) > limits::NESTING {
        return tokens;
    }
    let mut added: Vec<(usize, Token)> = Vec::new();
    for position in (0..tokens.len()).filter(|at| is_word(&tokens[*at].token, "VALUES")) {
        let Some((end, bare)) = rows(&tokens, position) else { continue };
        let is_query = significant_before(&tokens, position).is_none_or(begins_query);
        if is_query && significant(&tokens, end).is_some_and(|at| is_alias(&tokens[at].token)) {
            let words = [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")];
            added.extend(words.map(|word| (position, word)));
        }
        added.extend(bare.into_iter().flat_map(|(start, end)| [(start, Token::LParen), (end, Token::RParen)]));
    }
    if added.is_empty() {
        return tokens;
    }
    added.sort_by_key(|(position, _)| *position);
    let mut added = added.into_iter().peekable();
    let mut spelled_out = Vec::with_capacity(tokens.len() + added.len());
    for (position, token) in tokens.into_iter().enumerate() {
        while let Some((_, new)) = added.next_if(|(at, _)| *at == position) {
            spelled_out.push(TokenWithSpan { token: new, span: token.span });
        }
        spelled_out.push(token);
    }
    spelled_out.extend(added.map(|(_, token)| TokenWithSpan::wrap(token)));
    spelled_out
}

/// Where the rows behind a VALUES end, and the ranges of those without parentheses; `None` when it is no inline table.
fn rows(tokens: &[TokenWithSpan], values: usize) -> Option<(usize, Vec<(usize, usize)>)> {
    let mut bare = Vec::new();
    let mut start = significant(tokens, values + 1)?;
    if is_end(&tokens[start].token) || is_word(&tokens[start].token, "FROM") {
        return None;
    }
    loop {
        // One table in the rows of another would be walked once for each before it.
        if is_word(&tokens[start].token, "VALUES") {
            return None;
        }
        let end = match closing(tokens, start) {
            Some(end) if significant(tokens, end).is_none_or(|next| may_follow_row(&tokens[next].token)) => end,
            _ => {
                let end = start + expression_length(&tokens[start..row_limit(tokens, start)])?;
                bare.push((start, end));
                end
            }
        };
        match significant(tokens, end) {
            Some(comma) if tokens[comma].token == Token::Comma => start = significant(tokens, comma + 1)?,
            _ => return Some((end, bare)),
        }
    }
}

/// How many tokens an expression at the beginning takes.
fn expression_length(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut parser = Parser::new(&WarehouseDialect)
        .with_recursion_limit(limits::NESTING)
        .with_tokens_with_locations(tokens.to_vec());
    parser.parse_expr().ok()?;
    Some(parser.index())
}

/// How deep parentheses stand in each other.
fn nesting(tokens: &[TokenWithSpan]) -> usize {
    let mut depth = 0_usize;
    let depths = tokens.iter().map(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth
    });
    depths.max().unwrap_or(0)
}

/// Where the row at `start` ends at the latest: before the next comma, another table, or a parenthesis that it did not open.
fn row_limit(tokens: &[TokenWithSpan], start: usize) -> usize {
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate().skip(start) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth > 0 => depth -= 1,
            Token::RParen | Token::RBracket => return position,
            Token::Comma if depth == 0 => return position,
            _ if depth == 0 && is_word(&token.token, "VALUES") => return position,
            _ => {}
        }
    }
    tokens.len()
}

/// Behind the parenthesis that closes the one at `start`.
fn closing(tokens: &[TokenWithSpan], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate().skip(start) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (position > start).then_some(position + 1);
        }
    }
    None
}

fn significant_before(tokens: &[TokenWithSpan], position: usize) -> Option<&Token> {
    tokens[..position].iter().rev().map(|token| &token.token).find(|token| !matches!(token, Token::Whitespace(_)))
}

fn is_any(token: &Token, words: &[&str]) -> bool {
    words.iter().any(|word| is_word(token, word))
}

fn is_end(token: &Token) -> bool {
    matches!(token, Token::EOF | Token::SemiColon | Token::RParen | Token::Comma | Token::Period | Token::Eq)
}

fn may_follow_row(token: &Token) -> bool {
    // What goes on with the expression that the parenthesis began.
    const OPERATORS: [&str; 10] = ["AND", "OR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "DIV", "RLIKE", "ILIKE"];
    is_end(token) || matches!(token, Token::Word(_)) && !is_any(token, &OPERATORS)
}

/// What a query stands behind.
fn begins_query(before: &Token) -> bool {
    matches!(before, Token::LParen)
        || is_any(
            before,
            &["AS", "UNION", "EXCEPT", "INTERSECT", "MINUS", "ALL", "DISTINCT", "QUERY", "DESCRIBE", "DESC"],
        )
}

/// What begins an alias, and not the next clause.
fn is_alias(token: &Token) -> bool {
    const CLAUSES: [&str; 11] = [
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "MINUS",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "CLUSTER",
        "DISTRIBUTE",
        "SORT",
        "WINDOW",
    ];
    matches!(token, Token::Word(_)) && !is_any(token, &CLAUSES)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::parse;
    use super::*;

    #[rstest]
    #[case::rows_in_parentheses("VALUES (1, 2), (3, 4)", "VALUES (1, 2), (3, 4)")]
    #[case::rows_without("VALUES 1, 2", "VALUES (1), (2)")]
    #[case::both("VALUES (1), 2 + (3), (4) * 5", "VALUES (1), (2 + (3)), ((4) * 5)")]
    #[case::table("SELECT * FROM VALUES 1, f(2, 3) AS t(a)", "SELECT * FROM VALUES (1), (f(2, 3)) AS t(a)")]
    #[case::query_with_an_alias("VALUES (1) AS t(a)", "SELECT * FROM VALUES (1) AS t(a)")]
    #[case::alias_without_as("VALUES 1 t(a)", "SELECT * FROM VALUES (1) t(a)")]
    #[case::of_a_view("CREATE VIEW v AS VALUES (1) t", "CREATE VIEW v AS SELECT * FROM VALUES (1) t")]
    #[case::within("SELECT * FROM (VALUES 1, 2) t", "SELECT * FROM (VALUES (1), (2)) t")]
    #[case::within_another("VALUES (SELECT a FROM VALUES 1 AS t(a))", "VALUES (SELECT a FROM VALUES (1) AS t(a))")]
    #[case::further_clauses("VALUES 1 UNION ALL VALUES 2 ORDER BY 1", "VALUES (1) UNION ALL VALUES (2) ORDER BY 1")]
    #[case::insert("INSERT INTO t VALUES 1, 2", "INSERT INTO t VALUES (1), (2)")]
    #[case::a_column("SELECT values FROM t", "SELECT values FROM t")]
    #[case::a_column_of_a_table("SELECT t.values, values.a FROM t", "SELECT t.values, values.a FROM t")]
    #[case::a_table_in_the_place_of_a_row("SELECT * FROM VALUES 1, VALUES 2", "SELECT * FROM VALUES 1, VALUES (2)")]
    #[case::what_is_no_expression("VALUES 1 +, 2", "VALUES 1 +, 2")]
    fn inline_tables_are_spelled_out(#[case] sql: &str, #[case] expected: &str) {
        let tokens = spelled_out(parse::tokens(sql).unwrap());
        let text: String = tokens.iter().map(|token| token.token.to_string()).filter(|token| token != "EOF").collect();
        let squeezed = |text: &str| text.replace(' ', "");
        assert_eq!(squeezed(&text), squeezed(expected));
    }

    #[rstest]
    #[case::in_each_other("VALUES (", "")]
    #[case::in_rows_of_each_other("VALUES 1 + (", "")]
    #[case::behind_each_other("VALUES 1 ", "")]
    #[case::as_rows_of_each_other("VALUES 1, ", "2")]
    fn many_tables_take_no_longer_than_their_text(#[case] part: &str, #[case] last: &str) {
        let tokens = parse::tokens(&(part.repeat(10_000) + last)).unwrap();
        assert!(spelled_out(tokens).len() >= 20_000);
    }
}
