//! The patterns of SHOW … LIKE.

/// A pattern: `*` stands for any characters, `.` for one, `|` separates alternatives, a backslash takes the next
/// character's meaning away. Letter case does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Vec<Piece>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Exactly(char),
}

impl Pattern {
    /// The pattern in an unescaped literal.
    pub(super) fn new(text: &str) -> Self {
        let mut alternatives = vec![Vec::new()];
        let mut chars = text.trim().chars();
        while let Some(c) = chars.next() {
            let piece = match c {
                '*' => Piece::Any,
                '.' => Piece::One,
                '|' => {
                    alternatives.push(Vec::new());
                    continue;
                }
                '\\' => Piece::Exactly(chars.next().unwrap_or('\\')),
                other => Piece::Exactly(other),
            };
            if let Some(pieces) = alternatives.last_mut() {
                pieces.push(piece);
            }
        }
        Self(alternatives)
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        self.0.iter().any(|pieces| alternative_matches(pieces, &name))
    }
}

/// Whether a name passes a filter; no filter passes everything.
pub(super) fn passes(filter: Option<&Pattern>, name: &str) -> bool {
    filter.is_none_or(|pattern| pattern.matches(name))
}

// Goes back to the last `*` only: what an earlier one could have taken, the last can take as well.
fn alternative_matches(pieces: &[Piece], name: &[char]) -> bool {
    let (mut at, mut taken) = (0, 0);
    let mut retry = None;
    while taken < name.len() {
        match pieces.get(at) {
            Some(Piece::Any) => {
                retry = Some((at, taken));
                at += 1;
            }
            Some(piece) if one_matches(*piece, name[taken]) => {
                at += 1;
                taken += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (at, taken) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pieces[at..].iter().all(|piece| *piece == Piece::Any)
}

fn one_matches(piece: Piece, c: char) -> bool {
    match piece {
        Piece::Exactly(wanted) => wanted == c || wanted.to_lowercase().eq(c.to_lowercase()),
        Piece::One | Piece::Any => true,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("*", "anything", true)]
    #[case("orders", "ORDERS", true)]
    #[case("orders", "orders2", false)]
    #[case("o*s", "orders", true)]
    #[case("o*d*s", "odds and ends", true)]
    #[case("*ab*ab", "xabyabzab", true)]
    #[case("*ab*ab", "xabyabz", false)]
    #[case("part.", "parts", true)]
    #[case("part.", "part", false)]
    #[case("nation|region", "Region", true)]
    #[case("nation|region", "nation|region", false)]
    #[case("", "x", false)]
    #[case("a%", "ab", false)]
    #[case("a_b", "axb", false)]
    #[case("a_b", "a_b", true)]
    #[case(r"a\.b", "axb", false)]
    #[case(r"a\.b", "a.b", true)]
    #[case(r"a\*\|b", "a*|b", true)]
    #[case(r"a\\b", r"a\b", true)]
    #[case(r"a\%b", "a%b", true)]
    #[case("a+b(c)", "a+b(c)", true)]
    #[case("it's `odd`", "It's `Odd`", true)]
    #[case("É*", "éa", true)]
    fn pattern_matches_table(#[case] pattern: &str, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(Pattern::new(pattern).matches(name), expected);
    }
}
