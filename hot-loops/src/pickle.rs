//! Texts and bytes as Python's pickle has them: a code, the length, the value.

const NONE: u8 = b'N';

/// The codes of a value: with one byte of length, and with four.
#[derive(Debug, Clone, Copy)]
pub struct Codes(pub u8, pub u8);

/// Appends the values between `offsets` in `bytes` to `out`; the bit `first + n` of `validity` says whether value n is none.
///
/// # Panics
///
/// Where an offset is behind the one after it, or lies outside of `bytes`.
pub fn write_values(out: &mut Vec<u8>, codes: Codes, offsets: &[i32], bytes: &[u8], validity: Option<(&[u8], usize)>) {
    for (index, ends) in offsets.windows(2).enumerate() {
        if validity.is_some_and(|(bits, first)| bits[(first + index) / 8] >> ((first + index) % 8) & 1 == 0) {
            out.push(NONE);
        } else {
            write_value(out, codes, &bytes[ends[0] as usize..ends[1] as usize]);
        }
    }
}

/// Appends one value, which has less than 4 GiB.
pub fn write_value(out: &mut Vec<u8>, codes: Codes, value: &[u8]) {
    out.reserve(value.len() + 5);
    match u8::try_from(value.len()) {
        Ok(length) => out.extend_from_slice(&[codes.0, length]),
        Err(_) => {
            out.push(codes.1);
            out.extend_from_slice(&(value.len() as u32).to_le_bytes());
        }
    }
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_length_and_none_is_a_code_alone() {
        let mut out = Vec::new();
        write_values(&mut out, Codes(b'C', b'B'), &[0, 2, 2, 5], b"abcde", Some((&[0b1011_0000], 4)));
        assert_eq!(out, b"C\x02abC\x00N");
        out.clear();
        write_values(&mut out, Codes(b'C', b'B'), &[0, 300], &[7; 300], None);
        assert_eq!((&out[..5], out.len()), (&b"B\x2c\x01\0\0"[..], 305));
    }
}
