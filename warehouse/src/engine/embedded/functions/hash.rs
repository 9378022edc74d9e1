//! Hashes of values of any type: `hash` (Murmur3) and `xxhash64`.

use std::sync::Arc;

use datafusion::arrow::array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::super::{errors, operators, refused, types};
use super::registry::Call;
use crate::engine::SqlError;

/// The seed that both start with.
const SEED: i32 = 42;

/// `hash(…)`
pub(super) fn murmur3(call: Call<'_>) -> DfResult<Expr> {
    hashed(call, Algorithm::Murmur3)
}

/// `xxhash64(…)`
pub(super) fn xxhash64(call: Call<'_>) -> DfResult<Expr> {
    hashed(call, Algorithm::XxHash64)
}

fn hashed(call: Call<'_>, algorithm: Algorithm) -> DfResult<Expr> {
    if call.types()?.iter().any(refused::holds_map) {
        return Err(errors::carried(SqlError::new(
            "DATATYPE_MISMATCH.HASH_MAP_TYPE",
            "42K09",
            format!(
                "Cannot resolve \"{0}\" due to data type mismatch: Input to the function `{0}` cannot contain elements of the \
                 \"MAP\" type.",
                call.name
            ),
        )));
    }
    let signature = Signature::new(TypeSignature::Any(call.args.len()), Volatility::Immutable);
    Ok(operators::call(Hashed { algorithm, signature }, call.args))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Algorithm {
    Murmur3,
    XxHash64,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Hashed {
    algorithm: Algorithm,
    signature: Signature,
}

impl ScalarUDFImpl for Hashed {
    fn name(&self) -> &str {
        match self.algorithm {
            Algorithm::Murmur3 => "hash",
            Algorithm::XxHash64 => "xxhash64",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(match self.algorithm {
            Algorithm::Murmur3 => DataType::Int32,
            Algorithm::XxHash64 => DataType::Int64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let rows = columns.first().map_or(0, |column| column.len());
        let all = |row: usize| {
            columns.iter().try_fold(i64::from(SEED), |seed, column| self.algorithm.value(column.as_ref(), row, seed))
        };
        let hashes = (0..rows).map(all).collect::<Result<Vec<i64>, SqlError>>().map_err(errors::carried)?;
        let hashes: ArrayRef = match self.algorithm {
            Algorithm::Murmur3 => Arc::new(hashes.into_iter().map(|hash| Some(hash as i32)).collect::<Int32Array>()),
            Algorithm::XxHash64 => Arc::new(Int64Array::from(hashes)),
        };
        super::like_arguments(&args.args, hashes)
    }
}

impl Algorithm {
    /// The hash of a value, with what came before it as the seed; NULL leaves that as it is.
    fn value(self, column: &dyn Array, row: usize, seed: i64) -> Result<i64, SqlError> {
        if column.is_null(row) || column.data_type() == &DataType::Null {
            return Ok(seed);
        }
        Ok(match column.data_type() {
            DataType::Boolean => self.int(column.as_boolean().value(row).into(), seed),
            DataType::Int8 => self.int(column.as_primitive::<Int8Type>().value(row).into(), seed),
            DataType::Int16 => self.int(column.as_primitive::<Int16Type>().value(row).into(), seed),
            DataType::Int32 => self.int(column.as_primitive::<Int32Type>().value(row), seed),
            DataType::Date32 => self.int(column.as_primitive::<Date32Type>().value(row), seed),
            DataType::Interval(_) => self.int(column.as_primitive::<IntervalYearMonthType>().value(row), seed),
            DataType::Int64 => self.long(column.as_primitive::<Int64Type>().value(row), seed),
            DataType::Timestamp(..) => self.long(column.as_primitive::<TimestampMicrosecondType>().value(row), seed),
            DataType::Duration(_) => self.long(column.as_primitive::<DurationMicrosecondType>().value(row), seed),
            DataType::Float32 => match column.as_primitive::<Float32Type>().value(row) {
                value if value.is_nan() => self.int(0x7fc0_0000, seed),
                value => self.int((value + 0.0).to_bits().cast_signed(), seed),
            },
            DataType::Float64 => match column.as_primitive::<Float64Type>().value(row) {
                value if value.is_nan() => self.long(0x7ff8_0000_0000_0000, seed),
                value => self.long((value + 0.0).to_bits().cast_signed(), seed),
            },
            DataType::Decimal128(precision, _) => {
                let value = column.as_primitive::<Decimal128Type>().value(row);
                match i64::try_from(value) {
                    Ok(value) if *precision <= 18 => self.long(value, seed),
                    _ => self.bytes(least_bytes(&value.to_be_bytes()), seed),
                }
            }
            DataType::Utf8 => self.bytes(column.as_string::<i32>().value(row).as_bytes(), seed),
            DataType::Binary => self.bytes(column.as_binary::<i32>().value(row), seed),
            DataType::List(_) => {
                let items = column.as_list::<i32>().value(row);
                (0..items.len()).try_fold(seed, |seed, item| self.value(items.as_ref(), item, seed))?
            }
            DataType::Struct(_) => {
                let fields = column.as_struct().columns();
                fields.iter().try_fold(seed, |seed, field| self.value(field.as_ref(), row, seed))?
            }
            other => return Err(errors::unsupported(format!("the hash of {}", types::quoted(other)))),
        })
    }

    fn int(self, value: i32, seed: i64) -> i64 {
        match self {
            Self::Murmur3 => finished(mixed(seed as i32, value), 4).into(),
            Self::XxHash64 => self.bytes(&value.to_le_bytes(), seed),
        }
    }

    fn long(self, value: i64, seed: i64) -> i64 {
        match self {
            Self::Murmur3 => finished(mixed(mixed(seed as i32, value as i32), (value >> 32) as i32), 8).into(),
            Self::XxHash64 => self.bytes(&value.to_le_bytes(), seed),
        }
    }

    fn bytes(self, bytes: &[u8], seed: i64) -> i64 {
        match self {
            Self::Murmur3 => {
                let (words, rest) = bytes.as_chunks::<4>();
                let hash = words.iter().fold(seed as i32, |hash, word| mixed(hash, i32::from_le_bytes(*word)));
                // The rest is mixed in byte by byte, other than Murmur3 has it.
                let hash = rest.iter().fold(hash, |hash, byte| mixed(hash, byte.cast_signed().into()));
                finished(hash, bytes.len()).into()
            }
            Self::XxHash64 => xx(bytes, seed.cast_unsigned()).cast_signed(),
        }
    }
}

/// The hashes of a column's values that are not NULL.
pub(super) fn xx_hashes(column: &ArrayRef) -> Result<Vec<Option<u64>>, SqlError> {
    let hash = |row: usize| match column.is_null(row) {
        true => Ok(None),
        false => Algorithm::XxHash64.value(column.as_ref(), row, SEED.into()).map(|hash| Some(hash.cast_unsigned())),
    };
    (0..column.len()).map(hash).collect()
}

/// A number's bytes without those that only repeat its sign.
fn least_bytes(bytes: &[u8]) -> &[u8] {
    match bytes {
        [0, next, ..] if *next < 0x80 => least_bytes(&bytes[1..]),
        [0xFF, next, ..] if *next >= 0x80 => least_bytes(&bytes[1..]),
        bytes => bytes,
    }
}

fn scrambled(word: i32) -> i32 {
    word.wrapping_mul(0xcc9e_2d51_u32.cast_signed()).rotate_left(15).wrapping_mul(0x1b87_3593)
}

fn mixed(hash: i32, word: i32) -> i32 {
    (hash ^ scrambled(word)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64_u32.cast_signed())
}

fn finished(hash: i32, length: usize) -> i32 {
    let mut hash = (hash ^ length as i32).cast_unsigned();
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    (hash ^ hash >> 16).cast_signed()
}

/// Murmur3 of bytes as Scala's library has it.
pub(super) fn scala_bytes_hash(bytes: &[u8], seed: i32) -> i32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let hash = words.iter().fold(seed, |hash, word| mixed(hash, i32::from_le_bytes(*word)));
    let tail = rest.iter().rev().fold(0_u32, |tail, byte| tail << 8 | u32::from(*byte));
    finished(if rest.is_empty() { hash } else { hash ^ scrambled(tail.cast_signed()) }, bytes.len())
}

const PRIMES: [u64; 5] =
    [0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5];

/// XXH64.
fn xx(bytes: &[u8], seed: u64) -> u64 {
    let round =
        |sum: u64, word: u64| sum.wrapping_add(word.wrapping_mul(PRIMES[1])).rotate_left(31).wrapping_mul(PRIMES[0]);
    let (blocks, rest) = bytes.as_chunks::<32>();
    let mut hash = seed.wrapping_add(PRIMES[4]);
    if !blocks.is_empty() {
        let mut sums = [
            seed.wrapping_add(PRIMES[0]).wrapping_add(PRIMES[1]),
            seed.wrapping_add(PRIMES[1]),
            seed,
            seed.wrapping_sub(PRIMES[0]),
        ];
        for block in blocks {
            for (sum, word) in sums.iter_mut().zip(block.as_chunks::<8>().0) {
                *sum = round(*sum, u64::from_le_bytes(*word));
            }
        }
        hash = [1, 7, 12, 18].iter().zip(sums).fold(0, |hash: u64, (by, sum)| hash.wrapping_add(sum.rotate_left(*by)));
        for sum in sums {
            hash = (hash ^ round(0, sum)).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
        }
    }
    hash = hash.wrapping_add(bytes.len() as u64);
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        hash ^= round(0, u64::from_le_bytes(*word));
        hash = hash.rotate_left(27).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
    }
    let (halves, rest) = rest.as_chunks::<4>();
    for half in halves {
        hash ^= u64::from(u32::from_le_bytes(*half)).wrapping_mul(PRIMES[0]);
        hash = hash.rotate_left(23).wrapping_mul(PRIMES[1]).wrapping_add(PRIMES[2]);
    }
    for byte in rest {
        hash ^= u64::from(*byte).wrapping_mul(PRIMES[4]);
        hash = hash.rotate_left(11).wrapping_mul(PRIMES[0]);
    }
    hash = (hash ^ hash >> 33).wrapping_mul(PRIMES[1]);
    hash = (hash ^ hash >> 29).wrapping_mul(PRIMES[2]);
    hash ^ hash >> 32
}
