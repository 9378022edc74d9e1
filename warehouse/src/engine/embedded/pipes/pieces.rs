//! Pieces of a statement's tokens, and how they are put together.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use super::super::tokens::is_word;

pub(super) type Tokens = Vec<TokenWithSpan>;

fn word(text: &str) -> TokenWithSpan {
    TokenWithSpan::wrap(Token::make_keyword(text))
}

pub(super) fn blank() -> TokenWithSpan {
    TokenWithSpan::wrap(Token::Whitespace(Whitespace::Space))
}

pub(super) fn written(parts: &[&[TokenWithSpan]]) -> Tokens {
    let mut all = Vec::new();
    for part in parts {
        all.extend(part.iter().cloned());
        all.push(blank());
    }
    all
}

pub(super) fn words(text: &str) -> Tokens {
    text.split(' ')
        .flat_map(|text| {
            let token = match text {
                "*" => TokenWithSpan::wrap(Token::Mul),
                "(" => TokenWithSpan::wrap(Token::LParen),
                ")" => TokenWithSpan::wrap(Token::RParen),
                "," => TokenWithSpan::wrap(Token::Comma),
                text => word(text),
            };
            [token, blank()]
        })
        .collect()
}

pub(super) fn in_brackets(inner: &[TokenWithSpan]) -> Tokens {
    written(&[&words("("), inner, &words(")")])
}

/// Where the bracket at `open` closes.
pub(super) fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    (open..tokens.len()).find(|at| {
        match tokens[*at].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// Whether one of these words stands outside of brackets.
pub(super) fn has(tokens: &[TokenWithSpan], wanted: &[&str]) -> bool {
    find(tokens, |token| wanted.iter().any(|word| is_word(token, word))).is_some()
}

pub(super) fn find(tokens: &[TokenWithSpan], wanted: impl Fn(&Token) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.token != Token::RParen && wanted(&token.token)
    })
}
