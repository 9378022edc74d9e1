//! Well-known text to well-known binary: ISO forms, little-endian, with Z and M.

/// Deeper collections are refused, so that a hostile text cannot exhaust the stack.
const DEEPEST: usize = 32;

/// The WKB of one geometry; `None` when the text is not WKT.
pub(super) fn to_wkb(text: &str) -> Option<Vec<u8>> {
    let mut parser = Parser { rest: text, wkb: Vec::with_capacity(text.len()) };
    parser.geometry(0)?;
    parser.rest.trim_start().is_empty().then_some(parser.wkb)
}

/// What a geometry's parentheses hold.
#[derive(Clone, Copy)]
enum Shape {
    Point,
    /// Positions.
    Line,
    /// Lines.
    Polygon,
    /// Geometries of the kind with this code, which are written without their names.
    Many(u32),
    /// Geometries with their names.
    Collection,
}

fn shape(kind: u32) -> Shape {
    match kind {
        1 => Shape::Point,
        2 => Shape::Line,
        3 => Shape::Polygon,
        7 => Shape::Collection,
        many => Shape::Many(many - 3),
    }
}

struct Parser<'a> {
    rest: &'a str,
    wkb: Vec<u8>,
}

impl Parser<'_> {
    fn geometry(&mut self, depth: usize) -> Option<()> {
        let name = self.word()?;
        let (name, suffix) = ["ZM", "Z", "M"]
            .iter()
            .find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix)))
            .filter(|(name, _)| kind(name).is_some())
            .unwrap_or((&name, ""));
        let kind = kind(name)?;
        let dimensions = if suffix.is_empty() { self.dimensions() } else { suffix };
        let (extra, offset) = match dimensions {
            "Z" => (1, 1000),
            "M" => (1, 2000),
            "ZM" => (2, 3000),
            _ => (0, 0),
        };
        self.body(kind, 2 + extra, offset, depth)
    }

    fn body(&mut self, kind: u32, width: usize, offset: u32, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.wkb.push(1);
        self.wkb.extend((kind + offset).to_le_bytes());
        match shape(kind) {
            // An empty point has no length to say so: its coordinates are not numbers.
            Shape::Point if self.keyword("EMPTY") => (0..width).for_each(|_| self.wkb.extend(f64::NAN.to_le_bytes())),
            Shape::Point => {
                self.symbol('(').then_some(())?;
                self.position(width)?;
                self.symbol(')').then_some(())?;
            }
            Shape::Line => self.line(width)?,
            Shape::Polygon => self.many(|parser| parser.line(width))?,
            Shape::Many(2) => self.many(|parser| parser.body(2, width, offset, depth + 1))?,
            Shape::Many(1) => self.many(|parser| parser.point_of_many(width, offset, depth))?,
            Shape::Many(kind) => self.many(|parser| parser.body(kind, width, offset, depth + 1))?,
            Shape::Collection => self.many(|parser| parser.geometry(depth + 1))?,
        }
        Some(())
    }

    /// Points of a MULTIPOINT may stand without their parentheses.
    fn point_of_many(&mut self, width: usize, offset: u32, depth: usize) -> Option<()> {
        let next = self.rest.trim_start();
        if next.starts_with('(') || next.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.body(1, width, offset, depth + 1);
        }
        self.wkb.push(1);
        self.wkb.extend((1 + offset).to_le_bytes());
        self.position(width)
    }

    fn line(&mut self, width: usize) -> Option<()> {
        self.many(|parser| parser.position(width))
    }

    /// A count, and then each part; `EMPTY` has none.
    fn many(&mut self, mut part: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        let start = self.wkb.len();
        let mut count = 0_u32;
        self.wkb.extend(count.to_le_bytes());
        if self.keyword("EMPTY") {
            return Some(());
        }
        self.symbol('(').then_some(())?;
        loop {
            part(self)?;
            count = count.checked_add(1)?;
            if self.symbol(')') {
                break;
            }
            self.symbol(',').then_some(())?;
        }
        self.wkb[start..start + 4].copy_from_slice(&count.to_le_bytes());
        Some(())
    }

    fn position(&mut self, width: usize) -> Option<()> {
        for _ in 0..width {
            self.rest = self.rest.trim_start();
            let end = self.rest.find(|c: char| c.is_whitespace() || c == ',' || c == ')').unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at(end);
            self.rest = rest;
            self.wkb.extend(number.parse::<f64>().ok()?.to_le_bytes());
        }
        Some(())
    }

    fn dimensions(&mut self) -> &'static str {
        let found = ["ZM", "Z", "M"].into_iter().find(|dimensions| self.keyword(dimensions));
        found.unwrap_or("")
    }

    fn symbol(&mut self, symbol: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.rest;
        let found = self.word().is_some_and(|word| word == keyword);
        if !found {
            self.rest = before;
        }
        found
    }

    /// The next word, in upper case.
    fn word(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_ascii_uppercase())
    }
}

/// A geometry's code in WKB.
fn kind(name: &str) -> Option<u32> {
    let names =
        ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];
    names.iter().position(|known| *known == name).map(|position| position as u32 + 1)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    const ONE: &str = "000000000000f03f";
    const TWO: &str = "0000000000000040";
    const NAN: &str = "000000000000f87f";

    #[rstest]
    #[case("POINT(1 2)", format!("0101000000{ONE}{TWO}"))]
    #[case(" point ( 1.0 2e0 ) ", format!("0101000000{ONE}{TWO}"))]
    #[case("POINT Z (1 2 1)", format!("01e9030000{ONE}{TWO}{ONE}"))]
    #[case("POINTM(1 2 1)", format!("01d1070000{ONE}{TWO}{ONE}"))]
    #[case("POINT ZM (1 2 1 2)", format!("01b90b0000{ONE}{TWO}{ONE}{TWO}"))]
    #[case("POINT EMPTY", format!("0101000000{NAN}{NAN}"))]
    #[case("LINESTRING(1 2, 2 1)", format!("010200000002000000{ONE}{TWO}{TWO}{ONE}"))]
    #[case("LINESTRING EMPTY", "010200000000000000".to_owned())]
    #[case("POLYGON((1 1, 1 2, 2 2, 1 1))", format!("01030000000100000004000000{ONE}{ONE}{ONE}{TWO}{TWO}{TWO}{ONE}{ONE}"))]
    #[case("MULTIPOINT((1 2), (2 1))", format!("0104000000020000000101000000{ONE}{TWO}0101000000{TWO}{ONE}"))]
    #[case("MULTIPOINT(1 2, 2 1)", format!("0104000000020000000101000000{ONE}{TWO}0101000000{TWO}{ONE}"))]
    #[case("MULTILINESTRING((1 2))", format!("010500000001000000010200000001000000{ONE}{TWO}"))]
    #[case("MULTIPOLYGON(((1 2)))", format!("01060000000100000001030000000100000001000000{ONE}{TWO}"))]
    #[case("GEOMETRYCOLLECTION(POINT(1 2), LINESTRING EMPTY)", format!("0107000000020000000101000000{ONE}{TWO}010200000000000000"))]
    fn to_wkb_encodes_each_kind(#[case] text: &str, #[case] expected: String) {
        assert_eq!(to_wkb(text).map(|wkb| hex(&wkb)), Some(expected));
    }

    #[rstest]
    #[case("")]
    #[case("POINT")]
    #[case("POINT(1)")]
    #[case("POINT(1 2) x")]
    #[case("POINT(1 2")]
    #[case("CIRCLE(1 2)")]
    #[case("LINESTRING(1 2,)")]
    fn to_wkb_of_anything_else_gives_none(#[case] text: &str) {
        assert_eq!(to_wkb(text), None);
    }

    #[test]
    fn to_wkb_of_a_very_deep_collection_gives_none() {
        assert_eq!(to_wkb(&"GEOMETRYCOLLECTION(".repeat(100_000)), None);
    }
}
