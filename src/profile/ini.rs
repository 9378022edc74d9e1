//! The file's syntax, as Python's `configparser` reads it: what the official SDKs' users have written for it stays readable.
//! Source: <https://docs.python.org/3/library/configparser.html#supported-ini-file-structure>.

use zeroize::Zeroizing;

/// The section whose values others do not inherit here, and which may stand more than once.
pub(super) const DEFAULT: &str = "DEFAULT";

/// The sections of a file, in its order.
#[derive(Default)]
pub(super) struct IniFile {
    sections: Vec<Section>,
}

/// A section: its name, and its values by key in lower case.
struct Section {
    name: String,
    values: Vec<(String, Zeroizing<String>)>,
}

/// A line that cannot be read. Its text is not kept: it may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Defect {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) what: &'static str,
}

impl IniFile {
    pub(super) fn parse(text: &str) -> Result<Self, Defect> {
        let mut file = Self::default();
        // The lines of the last value; none where a section has just begun.
        let mut value = Vec::new();
        let mut indent = 0;
        for (index, line) in lines(text.strip_prefix('\u{feff}').unwrap_or(text)) {
            let defect = |what| Defect { line: index + 1, what };
            let content = line.trim_matches(is_blank);
            if content.starts_with(['#', ';']) {
                continue;
            }
            if content.is_empty() {
                if !value.is_empty() {
                    value.push("");
                }
                continue;
            }
            let line_indent = line.chars().take_while(|c| is_blank(*c)).count();
            if !value.is_empty() && line_indent > indent {
                value.push(content);
                continue;
            }
            indent = line_indent;
            file.set_value(&mut value);
            match header(content) {
                Some(name) => file.begin(name).map_err(defect)?,
                None => value.push(file.add(content).map_err(defect)?),
            }
        }
        file.set_value(&mut value);
        Ok(file)
    }

    /// The values of a section, if it is there. `DEFAULT` is there when it has any.
    pub(super) fn section(&self, name: &str) -> Option<impl Iterator<Item = (&str, &str)>> {
        let section = self.sections.iter().find(|section| section.name == name)?;
        let is_there = name != DEFAULT || !section.values.is_empty();
        is_there.then(|| section.values.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }

    pub(super) fn value(&self, section: &str, key: &str) -> Option<&str> {
        self.section(section)?.find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The names of all sections, in the file's order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// Begins a section; the current one is always the last.
    fn begin(&mut self, name: &str) -> Result<(), &'static str> {
        let section = match self.sections.iter().position(|section| section.name == name) {
            Some(at) if name == DEFAULT => self.sections.remove(at),
            Some(_) => return Err("the section is there already"),
            None => Section { name: name.to_owned(), values: Vec::new() },
        };
        self.sections.push(section);
        Ok(())
    }

    /// Adds a key; answers the first line of its value.
    fn add<'a>(&mut self, content: &'a str) -> Result<&'a str, &'static str> {
        let section = self.sections.last_mut().ok_or("no section has begun: write [NAME] above it")?;
        let (key, value) = content.split_once(['=', ':']).ok_or("there is no = in it")?;
        let key = key.trim_matches(is_blank).to_lowercase();
        if key.is_empty() {
            return Err("there is no name before the =");
        }
        if section.values.iter().any(|(name, _)| *name == key) {
            return Err("the section has a value of this name already");
        }
        section.values.push((key, Zeroizing::default()));
        Ok(value.trim_matches(is_blank))
    }

    /// Gives these lines to the last key, if there are any, and empties them.
    fn set_value(&mut self, lines: &mut Vec<&str>) {
        let last = self.sections.last_mut().and_then(|section| section.values.last_mut());
        if let (false, Some((_, value))) = (lines.is_empty(), last) {
            let mut text = Zeroizing::new(lines.join("\n"));
            let length = text.trim_end_matches(is_blank).len();
            text.truncate(length);
            *value = text;
        }
        lines.clear();
    }
}

/// Lines as Python's text files have them: ended by `\n`, `\r\n` or `\r`.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_end = |(at, c): (usize, char)| match c {
        '\n' => Some((at, at + 1)),
        '\r' if text[at + 1..].starts_with('\n') => None,
        '\r' => Some((at, at + 1)),
        _ => None,
    };
    let ends = text.char_indices().filter_map(is_end).chain([(text.len(), text.len())]);
    let mut start = 0;
    ends.map(move |(end, next)| {
        let line = &text[start..end];
        start = next;
        line
    })
    .enumerate()
}

/// The name in `[name]`, up to the last bracket; what follows is a comment.
fn header(content: &str) -> Option<&str> {
    let name = &content[1..content.rfind(']').filter(|_| content.starts_with('['))?];
    (!name.is_empty()).then_some(name)
}

/// What Python's `str.isspace` holds for a blank.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn parsed(text: &str) -> Vec<(String, Vec<(String, String)>)> {
        let file = IniFile::parse(text).unwrap();
        let own = |values: Vec<(String, Zeroizing<String>)>| {
            values.into_iter().map(|(key, value)| (key, value.to_string())).collect()
        };
        file.sections.into_iter().map(|section| (section.name, own(section.values))).collect()
    }

    // What Python 3.11's `configparser.ConfigParser` answers for the same text; tests/profiles compares the two.
    #[rstest]
    #[case::equals("[a]\nk = v", "k", Some("v"))]
    #[case::colon("[a]\nk:v", "k", Some("v"))]
    #[case::first_delimiter_counts("[a]\nk: v=w", "k", Some("v=w"))]
    #[case::lower_case_keys("[a]\nHOST=v", "host", Some("v"))]
    #[case::no_inline_comments("[a]\nk = v # w ; x", "k", Some("v # w ; x"))]
    #[case::comments("# c\n[a]\n ; c\nk = v", "k", Some("v"))]
    #[case::empty("[a]\nk =", "k", Some(""))]
    #[case::percent("[a]\nk = 100%", "k", Some("100%"))]
    #[case::quotes("[a]\nk = \"v\"", "k", Some("\"v\""))]
    #[case::windows("[a]\r\nk = v\r\nl = w\r\n", "k", Some("v"))]
    #[case::old_mac("[a]\rk = v\rl = w", "l", Some("w"))]
    #[case::byte_order_mark("\u{feff}[a]\nk = v", "k", Some("v"))]
    #[case::comment_after_header("[a] # c\nk = v", "k", Some("v"))]
    #[case::continuation("[a]\nk = v\n  w", "k", Some("v\nw"))]
    #[case::continuation_that_looks_like_a_value("[a]\nk = v\n  l = w", "l", None)]
    #[case::continuation_that_looks_like_a_section("[a]\nk = v\n  [b]\nl = w", "l", Some("w"))]
    #[case::continuation_after_blank_lines("[a]\nk = v\n\n\n  w\n\n", "k", Some("v\n\n\nw"))]
    #[case::comment_inside_a_value("[a]\nk = v\n# c\n  w", "k", Some("v\nw"))]
    #[case::indented_section("[a]\n  k = v\n  l = w", "l", Some("w"))]
    #[case::less_indented_again("[a]\n    k = v\n  l = w\n    x", "l", Some("w\nx"))]
    #[case::other_section("[b]\nk = w\n[a]\nl = v", "k", None)]
    #[case::no_value("[a]", "k", None)]
    fn a_value_is_as_python_reads_it(#[case] text: &str, #[case] key: &str, #[case] value: Option<&str>) {
        assert_eq!(IniFile::parse(text).unwrap().value("a", key), value);
    }

    #[rstest]
    #[case::no_section("k = v", 1, "no section has begun: write [NAME] above it")]
    #[case::no_delimiter("[a]\n\nk", 3, "there is no = in it")]
    #[case::no_key("[a]\n= v", 2, "there is no name before the =")]
    #[case::empty_header("[a]\n[]", 2, "there is no = in it")]
    #[case::section_twice("[a]\n[b]\n[a]", 3, "the section is there already")]
    #[case::value_twice("[a]\nk = v\nK = w", 3, "the section has a value of this name already")]
    #[case::value_twice_in_default(
        "[DEFAULT]\nk = v\n[DEFAULT]\nk = w",
        4,
        "the section has a value of this name already"
    )]
    fn a_line_that_cannot_be_read_is_named(#[case] text: &str, #[case] line: usize, #[case] what: &'static str) {
        assert_eq!(IniFile::parse(text).err(), Some(Defect { line, what }));
    }

    #[test]
    fn sections_are_apart_and_default_may_come_again() {
        let text = "[DEFAULT]\nk = v\n[a]\nl = w\n[DEFAULT]\nm = x\n[ b ]\n[c]d]\n";
        let of = |values: &[(&str, &str)]| values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let expected: Vec<(String, Vec<(String, String)>)> = vec![
            ("a".to_owned(), of(&[("l", "w")])),
            (DEFAULT.to_owned(), of(&[("k", "v"), ("m", "x")])),
            (" b ".to_owned(), vec![]),
            ("c]d".to_owned(), vec![]),
        ];
        assert_eq!(parsed(text), expected);
        let file = IniFile::parse(text).unwrap();
        assert!(file.value("a", "k").is_none());
        assert!(IniFile::parse("[DEFAULT]").unwrap().section(DEFAULT).is_none());
    }
}
