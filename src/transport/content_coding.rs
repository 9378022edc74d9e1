//! `Content-Encoding`: what a reply's body was packed in, whoever did it.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::redact::redact;
use crate::error::{Code, Error, Result};

/// Turns the bytes of a body into its content, at most so many.
pub(super) struct Unpacker {
    gunzip: Option<MultiGzDecoder<Vec<u8>>>,
    left: u64,
}

/// Why a body has no content that can be used.
#[derive(Debug)]
pub(super) enum Unusable {
    TooLarge,
    Damaged(io::Error),
}

impl Unpacker {
    /// For a body with these headers. Errors: the encoding's name, where it is none that is read.
    pub(super) fn new(headers: &HeaderMap, limit: u64) -> Result<Self, String> {
        let is_packed = is_gzip(headers)?;
        Ok(Self { gunzip: is_packed.then(|| MultiGzDecoder::new(Vec::new())), left: limit })
    }

    /// Adds what the next bytes of the body hold to `content`; of what is too large, as much as may be.
    pub(super) fn push(&mut self, bytes: &[u8], content: &mut Vec<u8>) -> Result<(), Unusable> {
        let Some(gunzip) = &mut self.gunzip else { return add(bytes, &mut self.left, content) };
        // A kilobyte may hold a megabyte: it is counted in between.
        for piece in bytes.chunks(1 << 10) {
            gunzip.write_all(piece).and_then(|()| gunzip.flush()).map_err(Unusable::Damaged)?;
            add(&std::mem::take(gunzip.get_mut()), &mut self.left, content)?;
        }
        Ok(())
    }

    /// The body has ended.
    pub(super) fn finish(&mut self) -> Result<(), Unusable> {
        self.gunzip.as_mut().map_or(Ok(()), MultiGzDecoder::try_finish).map_err(Unusable::Damaged)
    }
}

fn add(bytes: &[u8], left: &mut u64, content: &mut Vec<u8>) -> Result<(), Unusable> {
    let fitting = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    content.extend_from_slice(&bytes[..fitting]);
    *left -= fitting as u64;
    if fitting < bytes.len() { Err(Unusable::TooLarge) } else { Ok(()) }
}

/// Whether a body with these headers is packed by gzip. Errors: the name of another encoding.
pub(super) fn is_gzip(headers: &HeaderMap) -> Result<bool, String> {
    let values: Vec<_> = headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes).collect();
    let values = String::from_utf8_lossy(&values.join(&b", "[..])).into_owned();
    let is = |name: &str, known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut names = values.split(',').map(str::trim).filter(|name| !is(name, &["", "identity"]));
    match (names.next(), names.next()) {
        (None, _) => Ok(false),
        (Some(name), None) if is(name, &["gzip", "x-gzip"]) => Ok(true),
        // Before it is cut: half a secret is none that is known.
        _ => Err(redact(&values).chars().take(64).collect()),
    }
}

/// The error of a body in an encoding that is not read; `whose` is the server's or the store's.
pub(super) fn foreign(whose: &str, name: &str) -> Error {
    let details = format!(
        "the {whose} reply has the content encoding {name:?}, which nobody asked for and the kernel does not read: \
         look for a proxy on the way that repacks replies"
    );
    Error::new(Code::NetworkError, details)
}

/// The error of a body whose gzip cannot be unpacked.
pub(super) fn damaged(whose: &str, error: io::Error) -> Error {
    let details = format!("the {whose} reply says that it is gzip, and is damaged or ended early");
    Error { retryable: true, ..Error::new(Code::NetworkError, details) }.because(error)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use rstest::rstest;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn headers(coding: &str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())])
    }

    fn unpack(body: &[u8], limit: u64, piece: usize) -> Result<Vec<u8>, Unusable> {
        let mut unpacker = Unpacker::new(&headers("gzip"), limit).unwrap();
        let mut content = Vec::new();
        for piece in body.chunks(piece) {
            unpacker.push(piece, &mut content)?;
        }
        unpacker.finish().map(|()| content)
    }

    #[rstest]
    #[case::at_once(usize::MAX)]
    #[case::byte_by_byte(1)]
    fn gzip_is_unpacked_also_in_several_members(#[case] piece: usize) {
        let body = [gzip(b"first "), gzip(b""), gzip(b"second")].concat();
        assert_eq!(unpack(&body, 100, piece).unwrap(), b"first second");
        assert_eq!(unpack(&gzip(b""), 100, piece).unwrap(), b"");
    }

    #[test]
    fn every_shortened_or_altered_body_is_damaged() {
        let body = gzip(b"some content that is long enough");
        for length in 0..body.len() {
            assert!(matches!(unpack(&body[..length], 100, 7), Err(Unusable::Damaged(_))), "{length} bytes");
        }
        let mut altered = body.clone();
        let last = altered.len() - 5;
        altered[last] ^= 1;
        assert!(matches!(unpack(&altered, 100, 7), Err(Unusable::Damaged(_))));
        assert!(matches!(unpack(b"{\"not\": \"gzip\"}", 100, 7), Err(Unusable::Damaged(_))));
    }

    #[test]
    fn what_is_unpacked_is_counted() {
        let bomb = gzip(&vec![0; 10 << 20]);
        assert!(bomb.len() < 20_000);
        assert!(matches!(unpack(&bomb, 1 << 20, usize::MAX), Err(Unusable::TooLarge)));
        assert_eq!(unpack(&bomb, 10 << 20, usize::MAX).unwrap().len(), 10 << 20);
    }

    #[rstest]
    #[case::none("", Ok(false))]
    #[case::identity("identity", Ok(false))]
    #[case::gzip("GZip", Ok(true))]
    #[case::old_name("x-gzip", Ok(true))]
    #[case::brotli("br", Err("br"))]
    #[case::deflate("deflate", Err("deflate"))]
    #[case::twice("gzip, gzip", Err("gzip, gzip"))]
    #[case::unknown("rot13", Err("rot13"))]
    fn other_encodings_are_named(#[case] coding: &str, #[case] expected: Result<bool, &str>) {
        assert_eq!(is_gzip(&headers(coding)), expected.map_err(str::to_owned));
    }
}
