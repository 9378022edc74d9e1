//! Removes tokens and presigned URLs from text that leaves the kernel.
//!
//! One pass over the bytes, no copy but of the result. What is cut is cut whole, up to a blank or a quote: rather too much than half a secret.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

mod known;
#[cfg(test)]
mod tests;

pub(crate) use known::Known;

pub(crate) const MARKER: &str = "[redacted]";

/// Names of query parameters and JSON keys whose values are secrets; a longer name that ends so counts too.
const SECRET_ENDINGS: [&str; 13] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "signature",
    "credential",
    "assertion",
    "verifier",
    "api_key",
    "api-key",
    "apikey",
    "private_key",
];
/// As above, but only as the whole name.
const SECRET_NAMES: [&str; 5] = ["sig", "se", "pwd", "awsaccesskeyid", "googleaccessid"];
const SECRET_PREFIXES: [&str; 2] = ["x-amz-", "x-goog-"];
const LONGEST_NAME: usize = 64;

/// Hosts whose paths name somebody's files, with or without a query.
const STORES: [&str; 4] = [".amazonaws.com", ".windows.net", ".googleapis.com", ".cloudflarestorage.com"];

/// What may follow "bearer" in a sentence without being a token.
const NOT_TOKENS: [&str; 5] = ["token", "tokens", "scheme", "authentication", "authorization"];

/// `text` without known secrets, without tokens (after `Bearer` and `Basic`, `dapi…`, JWTs, secret parameters and JSON members) and without passwords, paths and queries of
/// URLs that may be presigned: those with a query, and all of a store's. Scheme and host stay. Redacting twice changes nothing.
pub(crate) fn redact(text: &str) -> String {
    let text = &*known::without_known(text);
    let mut scanner = Scanner { text, kept_url_end: 0, no_jwt_end: 0 };
    let mut out = String::new();
    let mut at = 0;
    while let Some(found) = scanner.next(at) {
        out.push_str(&text[at..found.range.start]);
        out.push_str(&found.with);
        at = found.range.end;
    }
    out.push_str(&text[at..]);
    out
}

struct Found {
    range: Range<usize>,
    with: Cow<'static, str>,
}

impl Found {
    fn secret(range: Range<usize>) -> Option<Self> {
        (!range.is_empty()).then_some(Self { range, with: Cow::Borrowed(MARKER) })
    }
}

/// Remembers how far a look ahead found nothing, so that no byte is looked at from many starts.
struct Scanner<'a> {
    text: &'a str,
    kept_url_end: usize,
    no_jwt_end: usize,
}

impl Scanner<'_> {
    fn next(&mut self, from: usize) -> Option<Found> {
        let text = self.text;
        (from..text.len()).find_map(|at| match text.as_bytes()[at] {
            b'b' | b'B' if starts_with(text, at, "bearer") => Found::secret(token_after(text, at + 6)?),
            b'b' | b'B' if starts_with(text, at, "basic") => Found::secret(basic(text, at + 5)?),
            b'd' | b'D' => Found::secret(personal_token(text, at)?),
            b'e' if at >= self.no_jwt_end => Found::secret(self.jwt(at)?),
            b'h' | b'H' if at >= self.kept_url_end => self.url(at),
            b'=' => Found::secret(parameter(text, at)?),
            b':' => Found::secret(json_member(text, at)?),
            _ => None,
        })
    }

    /// `header.payload.signature`, where the header is JSON and so begins with `eyJ`.
    fn jwt(&mut self, at: usize) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        if !bytes[at..].starts_with(b"eyJ") {
            return None;
        }
        let header = at + span(&bytes[at..], is_base64url);
        let payload = bytes[header..].strip_prefix(b".").map_or(0, |payload| span(payload, is_base64url));
        if header - at < 10 || payload < 10 {
            self.no_jwt_end = header;
            return None;
        }
        Some(at..value_end(self.text, at))
    }

    fn url(&mut self, at: usize) -> Option<Found> {
        let text = self.text;
        let scheme = ["https://", "http://"].into_iter().find(|scheme| starts_with(text, at, scheme))?;
        let from = at + scheme.len();
        let end = end_of(text, from, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>'));
        let rest = &text[from..end];
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let names_store = || STORES.iter().any(|store| rest.to_ascii_lowercase().contains(store));
        let is_plain = !rest.contains(['?', '=', '@']) || is_sign_in_page(authority, path);
        if is_plain && !names_store() {
            self.kept_url_end = end;
            return None;
        }
        let user = user.map_or(String::new(), |_| format!("{MARKER}@"));
        let path = if path.is_empty() { String::new() } else { format!("/{MARKER}") };
        // A host holds no `/`, so that this goes one level deep.
        let with = format!("{}{user}{}{path}", &text[at..from], redact(host));
        Some(Found { range: at..end, with: Cow::Owned(with) })
    }
}

/// Whether a URL is the page on which a person signs in: what it has is meant to be seen. Its parameters are looked at one by one.
fn is_sign_in_page(authority: &str, path: &str) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.starts_with("response_type=code&") && query.contains("&code_challenge=") && !authority.contains('@')
}

/// The token after the word "bearer" that ends at `at`, also in `Bearer token: …`.
fn token_after(text: &str, at: usize) -> Option<Range<usize>> {
    let separator = |from: usize| {
        from + span(&text.as_bytes()[from..], |byte| {
            byte.is_ascii_whitespace() || matches!(byte, b':' | b'=' | b'"' | b'\'')
        })
    };
    let mut start = separator(at);
    if start == at {
        return None;
    }
    if starts_with(text, start, "token") {
        let word_end = start + "token".len();
        let value = separator(word_end);
        if text[word_end..value].contains([':', '=']) {
            start = value;
        }
    }
    let end = value_end(text, start);
    let word = text[start..end].trim_end_matches(['.', ':', '!', '?', ')']);
    let is_word = word.is_empty() || NOT_TOKENS.iter().any(|known| known.eq_ignore_ascii_case(word));
    (!is_word).then_some(start..end)
}

/// The user and password in base64 after the word "basic" that ends at `at`.
fn basic(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = at + span(&bytes[at..], |byte| byte == b' ');
    let end = start + span(&bytes[start..], |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let user = STANDARD_NO_PAD.decode(&bytes[start..end]).ok()?;
    (start > at && user.contains(&b':')).then(|| start..value_end(text, start))
}

/// `dapi…`, a personal access token.
fn personal_token(text: &str, at: usize) -> Option<Range<usize>> {
    let is_token = starts_with(text, at, "dapi") && span(&text.as_bytes()[at + 4..], is_base64url) >= 8;
    is_token.then(|| at..value_end(text, at))
}

/// The value of `name=value` whose `=` is at `at`, when the name says that it is secret.
fn parameter(text: &str, at: usize) -> Option<Range<usize>> {
    let name = name_before(text, at);
    // An `&` that JSON wrote as an escape.
    let name = name.strip_prefix("u0026").unwrap_or(name);
    let value = at + 1..value_end(text, at + 1);
    (is_secret(name) || is_grant(name, &text[value.clone()])).then_some(value)
}

/// The value of `"name": "value"` whose `:` is at `at`, when the name says that it is secret.
fn json_member(text: &str, at: usize) -> Option<Range<usize>> {
    let key = text[..at].trim_end().strip_suffix('"')?;
    let key = key.strip_suffix('\\').unwrap_or(key);
    let name = name_before(text, key.len());
    let bytes = text.as_bytes();
    let mut start = at + 1 + span(&bytes[at + 1..], |byte| byte.is_ascii_whitespace() || byte == b'\\');
    if bytes.get(start) != Some(&b'"') {
        return None;
    }
    start += 1;
    let end = start + span(&bytes[start..], |byte| byte != b'"');
    if !is_secret(name) && !is_grant(name, &text[start..end]) {
        return None;
    }
    Some(start..if end < text.len() { start + text[start..end].trim_end_matches('\\').len() } else { end })
}

/// Whether a `code` is one that a sign-in is finished with, and not the name or number of an error.
fn is_grant(name: &str, value: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.');
    name.eq_ignore_ascii_case("code") && value.len() > 5 && !value.bytes().all(is_word)
}

/// Whether a parameter, member or header of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
        || SECRET_PREFIXES.iter().any(|prefix| starts_with(name, 0, prefix))
        || SECRET_ENDINGS.iter().any(|ending| ends_with(name, ending))
}

fn name_before(text: &str, end: usize) -> &str {
    let name = text.as_bytes()[..end].iter().rev().take(LONGEST_NAME);
    let length = name.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
    &text[end - length..end]
}

/// Where a secret that begins at `from` ends.
fn value_end(text: &str, from: usize) -> usize {
    end_of(text, from, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | b'&'))
}

/// The first blank or `stop` byte, or the backslash before an escaped quote; a last word "bearer" is left, as it announces the next token.
fn end_of(text: &str, from: usize, stop: impl Fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    let end = from + span(&bytes[from..], |byte| !byte.is_ascii_whitespace() && !stop(byte));
    let quoted = matches!(bytes.get(end), Some(b'"' | b'\''));
    let cut = if quoted { text[from..end].trim_end_matches('\\') } else { &text[from..end] };
    from + if ends_with(cut, "bearer") { cut.len() - "bearer".len() } else { cut.len() }
}

fn span(bytes: &[u8], of: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !of(*byte)).unwrap_or(bytes.len())
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn starts_with(text: &str, at: usize, word: &str) -> bool {
    text.as_bytes().get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

fn ends_with(text: &str, word: &str) -> bool {
    text.len().checked_sub(word.len()).is_some_and(|at| starts_with(text, at, word))
}
