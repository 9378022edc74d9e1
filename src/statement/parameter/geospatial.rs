//! GEOGRAPHY and GEOMETRY values: well-known text, with or without its reference system.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

const SHAPES: [&str; 7] =
    ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];

/// The spatial reference system of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Srid {
    /// Each value may have its own.
    Any,
    Id(u32),
}

impl FromStr for Srid {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "ANY" { Ok(Self::Any) } else { text.parse().map(Self::Id) }
    }
}

impl fmt::Display for Srid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("ANY"),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// The WKT alone, because that is what the server's constructor functions take: `SRID=n;` is checked against the type and cut off.
pub(super) fn check(value: &str, declared: Option<Srid>) -> Result<String, Cow<'static, str>> {
    let (srid, wkt) = match value.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("SRID=") => {
            let (srid, wkt) = value[5..].split_once(';').ok_or("SRID=n; before its WKT")?;
            (Some(srid.parse::<u32>().map_err(|_| "a whole number as SRID")?), wkt)
        }
        _ => (None, value),
    };
    if let (Some(Srid::Id(declared)), Some(srid)) = (declared, srid)
        && declared != srid
    {
        return Err(format!("values with the SRID {declared} or without one").into());
    }
    if is_wkt(wkt) {
        Ok(wkt.to_owned())
    } else {
        Err("well-known text, such as POINT(1 2), with or without SRID=n; before it".into())
    }
}

/// Whether the text begins with a shape and goes on with its coordinates in balanced parentheses; the server reads them.
fn is_wkt(text: &str) -> bool {
    let upper = text.trim().to_ascii_uppercase();
    let name_end = upper.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(upper.len());
    let (shape, rest) = upper.split_at(name_end);
    let rest = rest.trim_start();
    let rest = ["ZM ", "Z ", "M ", "ZM(", "Z(", "M("]
        .into_iter()
        .find_map(|dimensions| rest.starts_with(dimensions).then(|| rest[dimensions.len() - 1..].trim_start()))
        .unwrap_or(rest);
    SHAPES.contains(&shape) && (rest == "EMPTY" || are_coordinates(rest, shape == "GEOMETRYCOLLECTION"))
}

fn are_coordinates(text: &str, may_nest: bool) -> bool {
    let mut depth = 0_usize;
    let mut has_digit = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '0'..='9' => has_digit = true,
            '+' | '-' | '.' | ',' | ' ' | '\t' | '\r' | '\n' | 'E' => {}
            'A'..='Z' if may_nest => {}
            _ => return false,
        }
        if depth == 0 && at + 1 < text.len() {
            return false;
        }
    }
    depth == 0 && (has_digit || may_nest)
}
