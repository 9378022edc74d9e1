use crate::result::decode::lz4::{Decompressor, Pushed};
use crate::result::defect::Defect;
use crate::result::memory::output::Output;
use crate::sea::wire::Compression;

/// No target decodes more.
const MOST: usize = 1 << 17;

/// A chunk's body. In pieces of any size it decodes to the same, which is what the reference implementation makes of
/// it, or to an error.
pub fn lz4(input: &[u8]) {
    let whole = decoded(input, usize::MAX, 1000, MOST);
    for (piece, expected) in [(1, 0), (7, usize::MAX), (1000, 100)] {
        assert_eq!(decoded(input, piece, expected, MOST), whole, "in pieces of {piece}");
    }
    match (&whole, reference(input)) {
        (Ok(bytes), reference) => assert_eq!(Some(bytes), reference.as_ref(), "the reference implementation"),
        (Err(defect), Some(_)) => {
            let reason = defect.to_string();
            assert!(STRICTER.iter().any(|known| reason.starts_with(known)), "the reference reads it: {reason}");
        }
        (Err(_), None) => {}
    }
    if let Ok(bytes) = &whole {
        assert!(bytes.len() <= MOST);
        assert_eq!(decoded(input, 100, 0, bytes.len()).as_ref(), Ok(bytes), "with room for as much");
        if let Some(less) = bytes.len().checked_sub(1) {
            assert_eq!(decoded(input, 100, 0, less), Err(Defect::TooLarge(less)), "with room for less");
        }
    }
}

/// The bytes that a body decodes to, pushed in pieces into an output that is made for `expected` and may have `most`.
pub(in crate::result) fn decoded(body: &[u8], piece: usize, expected: usize, most: usize) -> Result<Vec<u8>, Defect> {
    let output = Output::new(100, expected, most, None);
    let mut decompressor = Decompressor::new(Compression::Lz4Frame, output);
    body.chunks(piece).try_for_each(|bytes| push_all(&mut decompressor, bytes, most))?;
    Ok(decompressor.finish()?.decoded().to_vec())
}

/// Pushes bytes, and makes room where that is asked for.
pub(in crate::result) fn push_all(
    decompressor: &mut Decompressor,
    mut bytes: &[u8],
    most: usize,
) -> Result<(), Defect> {
    while let Pushed::NeedsRoom(room) = decompressor.push(&mut bytes)? {
        let length = decompressor.output().grown_by(room).ok_or(Defect::TooLarge(most))?;
        decompressor.output().grow(length)?;
    }
    Ok(())
}

/// Why the kernel refuses a body that the reference implementation reads, which takes a size of 0 for none, makes zeros
/// of what no offset leads to, and lets a dictionary be named that no block needs.
const STRICTER: [&str; 4] = [
    "an LZ4 frame holds",
    "an LZ4 frame needs a dictionary",
    "an LZ4 block has an impossible length",
    "an LZ4 block is damaged: it repeats bytes from 0 bytes before",
];

/// What the reference implementation makes of a body; `None` where it refuses it, or it is cut off, or decodes to more
/// than [`MOST`].
fn reference(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut context = lz4_sys::LZ4FDecompressionContext(std::ptr::null_mut());
    // SAFETY: it writes the one pointer that it is given.
    assert_eq!(unsafe { lz4_sys::LZ4F_createDecompressionContext(&mut context, lz4_sys::LZ4F_VERSION) }, 0);
    let (mut decoded, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    let whole = loop {
        let (mut written, mut read) = (buffer.len(), body.len());
        let (to, from) = (buffer.as_mut_ptr(), body.as_ptr());
        // SAFETY: both pointers are valid for the lengths beside them, and the context was made above.
        let hint = unsafe { lz4_sys::LZ4F_decompress(context, to, &mut written, from, &mut read, std::ptr::null()) };
        // SAFETY: it looks at the number alone.
        if unsafe { lz4_sys::LZ4F_isError(hint) } != 0 || decoded.len() > MOST {
            break false;
        }
        decoded.extend(&buffer[..written]);
        body = &body[read..];
        if body.is_empty() && written < buffer.len() {
            // It asks for nothing where a frame has ended.
            break hint == 0 || decoded.is_empty() && read == 0;
        }
    };
    // SAFETY: the context was made above, and is not used again.
    unsafe { lz4_sys::LZ4F_freeDecompressionContext(context) };
    whole.then_some(decoded)
}
