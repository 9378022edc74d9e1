//! Whether the arrays of a record batch are what its header says: whoever reads them by address stays within their buffers.

use arrow_ipc::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use hot_loops::scan::{are_within, count_ones, is_ascii, never_fall};

use crate::result::defect::Defect;

/// Readers count rows in 32 bits. Columns of VOID take no memory, so that nothing else bounds them.
const MOST_ROWS: i64 = i32::MAX as i64;

/// Checks every array of `batch`, on every level; `body` has its buffers.
pub(super) fn check_arrays(batch: &RecordBatch<'_>, body: &[u8], schema: &Schema) -> Result<(), Defect> {
    if batch.compression().is_some() {
        return Err(Defect::foreign("its record batches are compressed inside the Arrow stream"));
    }
    if !(0..=MOST_ROWS).contains(&batch.length()) {
        return Err(misfit("row count"));
    }
    let rows = batch.length() as usize;
    let mut arrays = Arrays { batch, body, node: 0, buffer: 0 };
    for field in schema.fields() {
        arrays.check(field, Length::Exactly(rows))?;
    }
    let counted = (batch.nodes().map_or(0, |nodes| nodes.len()), batch.buffers().map_or(0, |buffers| buffers.len()));
    if counted != (arrays.node, arrays.buffer) {
        return Err(misfit("number of buffers"));
    }
    Ok(())
}

fn misfit(what: &str) -> Defect {
    Defect::damaged(format!("the {what} of a record batch does not fit its schema"))
}

/// How long an array must be, where its parent tells.
#[derive(Clone, Copy)]
enum Length {
    Exactly(usize),
    AtLeast(usize),
}

/// Walks the nodes and buffers of a record batch in the order of its fields.
struct Arrays<'a> {
    batch: &'a RecordBatch<'a>,
    body: &'a [u8],
    node: usize,
    buffer: usize,
}

/// Which of an array's rows are NULL.
struct Validity<'a> {
    bits: &'a [u8],
    nulls: usize,
}

impl Validity<'_> {
    fn is_null(&self, row: usize) -> bool {
        self.nulls > 0 && self.bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 0)
    }
}

impl<'a> Arrays<'a> {
    fn check(&mut self, field: &Field, expected: Length) -> Result<(), Defect> {
        let (rows, nulls) = self.next_node(expected)?;
        if *field.data_type() == DataType::Null {
            return if nulls == rows { Ok(()) } else { Err(misfit("null count")) };
        }
        let validity = self.validity(rows, nulls)?;
        if nulls > 0 && !field.is_nullable() {
            return Err(misfit("null count"));
        }
        match field.data_type() {
            DataType::Boolean => self.values(rows.div_ceil(8)).map(drop),
            DataType::Utf8 => {
                let offsets = self.offsets(rows)?;
                check_text(self.values(offsets.last())?, offsets)
            }
            DataType::Binary => {
                let offsets = self.offsets(rows)?;
                self.values(offsets.last()).map(drop)
            }
            DataType::List(element) | DataType::Map(element, _) => {
                let offsets = self.offsets(rows)?;
                self.check(element, Length::AtLeast(offsets.last()))
            }
            DataType::Struct(fields) => fields.iter().try_for_each(|field| self.check(field, Length::Exactly(rows))),
            DataType::Decimal128(precision, _) => {
                check_decimals(self.values(rows.saturating_mul(16))?, rows, *precision, &validity)
            }
            fixed => {
                let width = fixed.primitive_width().ok_or_else(|| misfit("type"))?;
                self.values(rows.saturating_mul(width)).map(drop)
            }
        }
    }

    /// The next array's rows, and how many of them are said to be NULL.
    fn next_node(&mut self, expected: Length) -> Result<(usize, usize), Defect> {
        let node = self.batch.nodes().filter(|nodes| self.node < nodes.len()).map(|nodes| *nodes.get(self.node));
        let node = node.ok_or_else(|| misfit("number of columns"))?;
        self.node += 1;
        let rows = usize::try_from(node.length()).ok().filter(|rows| match expected {
            Length::Exactly(length) => *rows == length,
            Length::AtLeast(length) => *rows >= length,
        });
        let rows = rows.ok_or_else(|| misfit("length of a column"))?;
        let nulls = usize::try_from(node.null_count()).map_err(|_| misfit("null count"))?;
        Ok((rows, nulls))
    }

    /// A wrong count is damage also where it is 0: readers would skip the bitmap, and its NULLs would be values.
    fn validity(&mut self, rows: usize, nulls: usize) -> Result<Validity<'a>, Defect> {
        let bits = self.next_buffer()?;
        if bits.is_empty() {
            return if nulls == 0 { Ok(Validity { bits, nulls }) } else { Err(misfit("validity buffer")) };
        }
        let (whole, rest) = (rows / 8, rows % 8);
        let used = bits.get(..rows.div_ceil(8)).ok_or_else(|| misfit("validity buffer"))?;
        let last = used.get(whole).map_or(0, |byte| (byte & ((1 << rest) - 1)).count_ones());
        if rows - (count_ones(&used[..whole]) + last as usize) != nulls {
            return Err(misfit("null count"));
        }
        Ok(Validity { bits, nulls })
    }

    fn next_buffer(&mut self) -> Result<&'a [u8], Defect> {
        let buffer = self.batch.buffers().filter(|all| self.buffer < all.len()).map(|all| *all.get(self.buffer));
        self.buffer += 1;
        let range = buffer.and_then(|buffer| {
            let offset = usize::try_from(buffer.offset()).ok()?;
            Some(offset..offset.checked_add(usize::try_from(buffer.length()).ok()?)?)
        });
        let range = range.ok_or_else(|| misfit("extent of the buffers"))?;
        if range.start % 8 != 0 {
            return Err(Defect::damaged("a buffer of a record batch does not begin at a multiple of 8 bytes"));
        }
        self.body.get(range).ok_or_else(|| misfit("extent of the buffers"))
    }

    /// The first `length` bytes of the next buffer.
    fn values(&mut self, length: usize) -> Result<&'a [u8], Defect> {
        self.next_buffer()?.get(..length).ok_or_else(|| misfit("values buffer"))
    }

    /// Where the values of `rows` rows begin and end: from 0 on, never falling.
    fn offsets(&mut self, rows: usize) -> Result<Offsets<'a>, Defect> {
        let buffer = self.next_buffer()?;
        if rows == 0 && buffer.is_empty() {
            return Ok(Offsets(&[]));
        }
        let (all, rest) = buffer.as_chunks();
        let used = rows.checked_add(1).filter(|_| rest.is_empty()).and_then(|count| all.get(..count));
        let offsets = Offsets(used.ok_or_else(|| misfit("offsets"))?);
        if never_fall(offsets.0) { Ok(offsets) } else { Err(misfit("offsets")) }
    }
}

/// Offsets that were checked: none is negative, none is less than the one before it.
#[derive(Clone, Copy)]
struct Offsets<'a>(&'a [[u8; 4]]);

impl Offsets<'_> {
    fn first(self) -> usize {
        self.0.first().map_or(0, |first| read(*first) as usize)
    }

    fn last(self) -> usize {
        self.0.last().map_or(0, |last| read(*last) as usize)
    }
}

fn read(offset: [u8; 4]) -> i32 {
    i32::from_le_bytes(offset)
}

/// Text is UTF-8, and no value begins within a character; `values` ends with the last one.
fn check_text(values: &[u8], offsets: Offsets<'_>) -> Result<(), Defect> {
    let text = values.get(offsets.first()..).ok_or_else(|| misfit("offsets"))?;
    if is_ascii(text) {
        return Ok(());
    }
    let begins_within = |offset: &[u8; 4]| values.get(read(*offset) as usize).is_some_and(|byte| byte & 0xC0 == 0x80);
    if std::str::from_utf8(text).is_err() || offsets.0.iter().any(begins_within) {
        return Err(Defect::damaged("a text of a record batch is not UTF-8"));
    }
    Ok(())
}

/// Each decimal has at most `precision` digits. What lies under a NULL does not matter.
fn check_decimals(values: &[u8], rows: usize, precision: u8, validity: &Validity<'_>) -> Result<(), Defect> {
    let Some(limit) = 10_i128.checked_pow(precision.into()) else { return Ok(()) };
    let values = values.as_chunks::<16>().0;
    let is_wrong =
        |(row, value): (usize, &[u8; 16])| !are_within(std::slice::from_ref(value), limit) && !validity.is_null(row);
    if !are_within(values, limit) && values.iter().take(rows).enumerate().any(is_wrong) {
        return Err(Defect::damaged(format!("a decimal of a record batch has more than {precision} digits")));
    }
    Ok(())
}
