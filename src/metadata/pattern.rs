//! LIKE patterns: checked, written for the server, and matched again here.

use crate::error::{Error, Result};

/// The longest name that a catalog accepts, in bytes.
const LONGEST_NAME: usize = 255;

/// What `SHOW … LIKE` may read as part of a regular expression, and the quote that servers escape differently.
const SPECIAL: &str = r".|\[](){}+?^$#&~/'";

/// A LIKE pattern, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    One,
    Any,
}

impl Pattern {
    /// Reads `%`, `*` and `_` as wildcards, and an empty text as `%`, unless a backslash stands before them; any other backslash is itself.
    /// Errors: `InvalidArgument`, as [`check_name`].
    pub(super) fn parse(argument: &str, text: &str) -> Result<Self> {
        check_name(argument, text)?;
        let text = if text.is_empty() { "%" } else { text };
        let mut tokens = Vec::with_capacity(text.len());
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            tokens.push(match letter {
                '%' | '*' => Token::Any,
                '_' => Token::One,
                '\\' => Token::Literal(letters.next_if(|next| matches!(next, '%' | '*' | '_' | '\\')).unwrap_or('\\')),
                other => Token::Literal(other),
            });
        }
        Ok(Self(tokens))
    }

    /// Whether every name matches.
    pub(super) fn is_everything(&self) -> bool {
        self.0.iter().all(|token| *token == Token::Any)
    }

    /// The only name that matches, when there is no wildcard.
    pub(super) fn exact(&self) -> Option<String> {
        let letter = |token: &Token| if let Token::Literal(letter) = token { Some(*letter) } else { None };
        self.0.iter().map(letter).collect()
    }

    /// The pattern of `SHOW … LIKE`. It may match more than this one, never less: what could be special there stands as "any character".
    pub(super) fn to_glob(&self) -> String {
        let last = self.0.len().saturating_sub(1);
        let glob = |(at, token): (usize, &Token)| match token {
            Token::Any => '*',
            Token::One => '.',
            Token::Literal(letter) if SPECIAL.contains(*letter) || *letter == '*' => '.',
            // Blanks at the ends would be trimmed.
            Token::Literal(letter) if letter.is_whitespace() && (at == 0 || at == last) => '.',
            Token::Literal(letter) => *letter,
        };
        self.0.iter().enumerate().map(glob).collect()
    }

    /// The pattern of the LIKE operator.
    pub(super) fn to_like(&self) -> String {
        let mut like = String::with_capacity(self.0.len());
        for token in &self.0 {
            match token {
                Token::Any => like.push('%'),
                Token::One => like.push('_'),
                Token::Literal(letter) => {
                    if matches!(letter, '%' | '_' | '\\') {
                        like.push('\\');
                    }
                    like.push(*letter);
                }
            }
        }
        like
    }

    /// Whether a name matches, letter case ignored.
    pub(super) fn matches(&self, name: &str) -> bool {
        // The usual greedy match: on a mismatch the latest `%` takes one letter more.
        let name: Vec<char> = name.chars().collect();
        let (mut token, mut letter) = (0, 0);
        let mut retry = None;
        while letter < name.len() {
            match self.0.get(token) {
                Some(Token::Any) => {
                    retry = Some((token, letter));
                    token += 1;
                    continue;
                }
                Some(Token::One) => {}
                Some(Token::Literal(wanted)) if same_letter(*wanted, name[letter]) => {}
                _ => {
                    let Some((any, taken)) = retry else { return false };
                    retry = Some((any, taken + 1));
                    (token, letter) = (any + 1, taken + 1);
                    continue;
                }
            }
            (token, letter) = (token + 1, letter + 1);
        }
        self.0[token..].iter().all(|rest| *rest == Token::Any)
    }
}

/// Refuses what cannot be a name or a pattern: only blanks, a NUL, more than 255 bytes.
pub(super) fn check_name(argument: &str, text: &str) -> Result<()> {
    let problem = if !text.is_empty() && text.trim().is_empty() {
        "is blank; leave it out for all"
    } else if text.contains('\0') {
        "contains a NUL character"
    } else if text.len() > LONGEST_NAME {
        "is longer than 255 bytes"
    } else {
        return Ok(());
    };
    Err(Error::invalid_argument(format!("`{argument}` {problem}")))
}

/// Whether two names are one to the server, which ignores letter case.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

fn same_letter(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::error::Code;

    fn parse(text: &str) -> Pattern {
        Pattern::parse("table_pattern", text).unwrap()
    }

    #[rstest]
    #[case::plain("orders", "orders", "orders", Some("orders"))]
    #[case::wildcards("a%b_c*", "a*b.c*", "a%b_c%", None)]
    #[case::escaped(r"a\%b\_c\\d\*", "a%b_c.d.", r"a\%b\_c\\d*", Some(r"a%b_c\d*"))]
    #[case::lone_backslash(r"a\b\", "a.b.", r"a\\b\\", Some(r"a\b\"))]
    #[case::regular_expression("a.b|c(d)", "a.b.c.d.", "a.b|c(d)", Some("a.b|c(d)"))]
    #[case::blanks(" a b ", ".a b.", " a b ", Some(" a b "))]
    #[case::quotes("o'k`", "o.k`", "o'k`", Some("o'k`"))]
    #[case::empty("", "*", "%", None)]
    fn parse_table(#[case] text: &str, #[case] glob: &str, #[case] like: &str, #[case] exact: Option<&str>) {
        let pattern = parse(text);
        assert_eq!((pattern.to_glob().as_str(), pattern.to_like().as_str()), (glob, like));
        assert_eq!(pattern.exact().as_deref(), exact);
    }

    #[rstest]
    #[case("%", true)]
    #[case("%*%", true)]
    #[case("", true)]
    #[case("_%", false)]
    #[case(r"\%", false)]
    fn is_everything_table(#[case] text: &str, #[case] everything: bool) {
        assert_eq!(parse(text).is_everything(), everything);
    }

    #[rstest]
    #[case("orders", "Orders", true)]
    #[case("orders", "orders2", false)]
    #[case("o%s", "orders", true)]
    #[case("o%s", "order", false)]
    #[case("%der%", "orders", true)]
    #[case("%a%a%b", "aaab", true)]
    #[case("%a%a%b", "ab", false)]
    #[case("a_c", "abc", true)]
    #[case("a_c", "aßc", true)]
    #[case("a_c", "ac", false)]
    #[case(r"a\_c", "a_c", true)]
    #[case(r"a\_c", "abc", false)]
    #[case("a|b", "a", false)]
    #[case("a.b", "axb", false)]
    #[case("ÄÖ%", "äöü", true)]
    #[case("", "", true)]
    #[case("", "a", true)]
    #[case("%", "", true)]
    fn matches_table(#[case] text: &str, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(parse(text).matches(name), expected);
    }

    #[rstest]
    #[case(" \t", "`table_pattern` is blank; leave it out for all")]
    #[case("a\0b", "`table_pattern` contains a NUL character")]
    #[case(&"ä".repeat(128), "`table_pattern` is longer than 255 bytes")]
    fn parse_impossible_names_are_refused(#[case] text: &str, #[case] details: &str) {
        let error = Pattern::parse("table_pattern", text).unwrap_err();
        assert_eq!((error.code, error.details.as_str()), (Code::InvalidArgument, details));
    }

    proptest! {
        #[test]
        fn matches_a_name_written_with_escapes(name in "[a-c%_*\\\\|.']{1,8}", other in "[a-c%_*\\\\|.']{0,8}") {
            let escaped: String = name.chars().flat_map(|letter| "%_*\\".contains(letter).then_some('\\').into_iter().chain([letter])).collect();
            prop_assert_eq!(parse(&escaped).exact(), Some(name.clone()));
            prop_assert_eq!(parse(&escaped).matches(&other), name == other);
        }
    }
}
