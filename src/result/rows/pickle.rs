//! Writes Python objects in the format of Python's pickle, protocol 4.
//!
//! Source: the comments of `Lib/pickletools.py` in CPython.

use hot_loops::pickle::{Codes, write_value, write_values};

/// The protocol, and one frame around all that follows, which lets the reader take it from memory; its length comes in the end.
const HEAD: &[u8] = b"\x80\x04\x95\0\0\0\0\0\0\0\0";

const APPENDS: u8 = b'e';
const BINBYTES: u8 = b'B';
const BINFLOAT: u8 = b'G';
const BINGET: u8 = b'h';
const BININT: u8 = b'J';
const BININT1: u8 = b'K';
const BININT2: u8 = b'M';
const BINUNICODE: u8 = b'X';
const EMPTY_DICT: u8 = b'}';
const EMPTY_LIST: u8 = b']';
const EMPTY_TUPLE: u8 = b')';
const GLOBAL: u8 = b'c';
const LONG1: u8 = 0x8a;
const LONG_BINGET: u8 = b'j';
const MARK: u8 = b'(';
const MEMOIZE: u8 = 0x94;
const NEWFALSE: u8 = 0x89;
const NEWTRUE: u8 = 0x88;
const NONE: u8 = b'N';
const POP: u8 = b'0';
const REDUCE: u8 = b'R';
const SETITEMS: u8 = b'u';
const SHORT_BINBYTES: u8 = b'C';
const SHORT_BINUNICODE: u8 = 0x8c;
const STOP: u8 = b'.';
const TUPLE: u8 = b't';
const TUPLE1: u8 = 0x85;
const TUPLE2: u8 = 0x86;
const TUPLE3: u8 = 0x87;

const BINARY: Codes = Codes(SHORT_BINBYTES, BINBYTES);
const TEXT: Codes = Codes(SHORT_BINUNICODE, BINUNICODE);

/// An object that the reader was told to keep, by its number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept(u32);

/// A pickle that is being written: one object.
pub(super) struct Pickle {
    bytes: Vec<u8>,
    /// What the reader keeps: the name of something of its own, and what that was called with.
    kept: Vec<(&'static str, Option<String>)>,
}

impl Pickle {
    pub(super) fn new() -> Self {
        Self { bytes: HEAD.to_vec(), kept: Vec::new() }
    }

    /// Has the reader keep what it calls `name`, or what that answers for `argument`. To be done before the object is begun.
    pub(super) fn keep(&mut self, name: &'static str, argument: Option<&str>) -> Kept {
        let known = self.kept.iter().position(|(known, of)| *known == name && of.as_deref() == argument);
        let number = known.unwrap_or_else(|| {
            self.bytes.push(GLOBAL);
            self.bytes.extend_from_slice(b"rows\n");
            self.bytes.extend_from_slice(name.as_bytes());
            self.bytes.push(b'\n');
            if let Some(text) = argument {
                self.text(text);
                self.bytes.extend_from_slice(&[TUPLE1, REDUCE]);
            }
            self.bytes.extend_from_slice(&[MEMOIZE, POP]);
            self.kept.push((name, argument.map(str::to_owned)));
            self.kept.len() - 1
        });
        Kept(number as u32)
    }

    pub(super) fn get(&mut self, kept: Kept) {
        match u8::try_from(kept.0) {
            Ok(number) => self.bytes.extend_from_slice(&[BINGET, number]),
            Err(_) => self.number(LONG_BINGET, kept.0.to_le_bytes()),
        }
    }

    pub(super) fn none(&mut self) {
        self.bytes.push(NONE);
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.bytes.push(if value { NEWTRUE } else { NEWFALSE });
    }

    pub(super) fn integer(&mut self, value: i64) {
        if let Ok(value) = u8::try_from(value) {
            self.bytes.extend_from_slice(&[BININT1, value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.number(BININT2, value.to_le_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.number(BININT, value.to_le_bytes());
        } else {
            self.bytes.extend_from_slice(&[LONG1, 8]);
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    pub(super) fn wide_integer(&mut self, value: i128) {
        if let Ok(value) = i64::try_from(value) {
            return self.integer(value);
        }
        self.bytes.extend_from_slice(&[LONG1, 16]);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn float(&mut self, value: f64) {
        self.number(BINFLOAT, value.to_be_bytes());
    }

    pub(super) fn text(&mut self, value: &str) {
        write_value(&mut self.bytes, TEXT, value.as_bytes());
    }

    pub(super) fn binary(&mut self, value: &[u8]) {
        write_value(&mut self.bytes, BINARY, value);
    }

    /// The texts between `offsets` in `bytes`; the bit `first + n` of `validity` says whether text n is none.
    pub(super) fn texts(&mut self, offsets: &[i32], bytes: &[u8], validity: Option<(&[u8], usize)>) {
        write_values(&mut self.bytes, TEXT, offsets, bytes, validity);
    }

    /// The same of bytes.
    pub(super) fn binaries(&mut self, offsets: &[i32], bytes: &[u8], validity: Option<(&[u8], usize)>) {
        write_values(&mut self.bytes, BINARY, offsets, bytes, validity);
    }

    /// A list of the objects that `items` writes.
    pub(super) fn list(&mut self, items: impl FnOnce(&mut Self)) {
        self.bytes.extend_from_slice(&[EMPTY_LIST, MARK]);
        items(self);
        self.bytes.push(APPENDS);
    }

    /// A dict of the keys and values that `items` writes by turns.
    pub(super) fn dict(&mut self, items: impl FnOnce(&mut Self)) {
        self.bytes.extend_from_slice(&[EMPTY_DICT, MARK]);
        items(self);
        self.bytes.push(SETITEMS);
    }

    /// A tuple of the `count` objects that `items` writes.
    pub(super) fn tuple(&mut self, count: usize, items: impl FnOnce(&mut Self)) {
        let end = match count {
            0 => EMPTY_TUPLE,
            1 => TUPLE1,
            2 => TUPLE2,
            3 => TUPLE3,
            _ => TUPLE,
        };
        if end == TUPLE {
            self.bytes.push(MARK);
        }
        items(self);
        self.bytes.push(end);
    }

    /// What `function` answers for the `count` objects that `arguments` writes.
    pub(super) fn call(&mut self, function: Kept, count: usize, arguments: impl FnOnce(&mut Self)) {
        self.get(function);
        self.tuple(count, arguments);
        self.bytes.push(REDUCE);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(STOP);
        let length = (self.bytes.len() - HEAD.len()) as u64;
        self.bytes[HEAD.len() - 8..HEAD.len()].copy_from_slice(&length.to_le_bytes());
        self.bytes
    }

    fn number<const N: usize>(&mut self, code: u8, value: [u8; N]) {
        self.bytes.push(code);
        self.bytes.extend_from_slice(&value);
    }
}
