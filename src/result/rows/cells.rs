//! The values of one array as Python's.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{Array, BinaryArray, BooleanArray, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, TimeUnit};
use chrono::{Datelike, NaiveDate};

use super::pickle::{Kept, Pickle};
use crate::error::{Error, Result};

/// From 0001-01-01, the first day that Python has, to 1970-01-01.
const DAYS_BEFORE_1970: i32 = 719_163;
const LAST_YEAR: i32 = 9999;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Their local time is UTC, so that there is nothing to compute.
const ALWAYS_UTC: [&str; 2] = ["UTC", "Etc/UTC"];

/// One array of a record batch, ready to be written value by value.
pub(super) struct Cells<'a> {
    length: usize,
    nulls: Option<&'a NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Number(Numbers<'a>),
    Decimal {
        digits: &'a [i128],
        multiply: Kept,
        unit: Kept,
    },
    Text(&'a StringArray),
    Binary(&'a BinaryArray),
    Date {
        days: &'a [i32],
        date: Kept,
        beyond: Kept,
    },
    Time {
        micros: &'a [i64],
        clock: Clock,
    },
    Duration {
        micros: &'a [i64],
        timedelta: Kept,
    },
    /// Python cannot hold it: the call fails, and says why.
    Refused(Kept),
    List(&'a OffsetBuffer<i32>, Box<Cells<'a>>),
    Map(&'a OffsetBuffer<i32>, Box<[Cells<'a>; 2]>),
    Struct(Vec<(&'a str, Cells<'a>)>),
}

/// Writes the number of a row.
type WriteNumber<'a> = Box<dyn Fn(usize, &mut Pickle) + 'a>;

/// Numbers of one width, which Python also reads as a whole.
struct Numbers<'a> {
    /// What its `struct` calls them.
    kind: &'static str,
    bytes: &'a [u8],
    write: WriteNumber<'a>,
    read: Kept,
}

/// How an instant becomes a `datetime`.
struct Clock {
    datetime: Kept,
    /// Makes those that are beyond Python's years in UTC, or fails.
    beyond: Kept,
    zone: Option<Kept>,
    /// Makes a time of the zone of the same numbers in UTC.
    local: Option<Kept>,
}

impl<'a> Cells<'a> {
    /// Reads `array`; what its values are made by is kept in `pickle`.
    pub(super) fn new(array: &'a dyn Array, pickle: &mut Pickle) -> Result<Self> {
        let values = match array.data_type() {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Boolean(array.as_boolean()),
            DataType::Int8 => numbers::<Int8Type>("b", array, pickle, |value, pickle| pickle.integer(value.into())),
            DataType::Int16 => numbers::<Int16Type>("h", array, pickle, |value, pickle| pickle.integer(value.into())),
            DataType::Int32 => numbers::<Int32Type>("i", array, pickle, |value, pickle| pickle.integer(value.into())),
            DataType::Int64 => numbers::<Int64Type>("q", array, pickle, |value, pickle| pickle.integer(value)),
            DataType::Float32 => numbers::<Float32Type>("f", array, pickle, |value, pickle| pickle.float(value.into())),
            DataType::Float64 => numbers::<Float64Type>("d", array, pickle, |value, pickle| pickle.float(value)),
            DataType::Decimal128(_, scale) => Values::Decimal {
                digits: array.as_primitive::<Decimal128Type>().values(),
                multiply: pickle.keep("multiply", None),
                unit: pickle.keep("unit", Some(&scale.to_string())),
            },
            DataType::Utf8 => Values::Text(array.as_string()),
            DataType::Binary => Values::Binary(array.as_binary()),
            DataType::Date32 => Values::Date {
                days: array.as_primitive::<Date32Type>().values(),
                date: pickle.keep("date", None),
                beyond: pickle.keep("date_beyond", None),
            },
            DataType::Timestamp(TimeUnit::Microsecond, zone) => Values::Time {
                micros: array.as_primitive::<TimestampMicrosecondType>().values(),
                clock: Clock::new(zone.as_deref(), pickle),
            },
            DataType::Duration(TimeUnit::Microsecond) => Values::Duration {
                micros: array.as_primitive::<DurationMicrosecondType>().values(),
                timedelta: pickle.keep("timedelta", None),
            },
            DataType::Interval(_) if array.as_primitive_opt::<IntervalYearMonthType>().is_some() => {
                Values::Refused(pickle.keep("months", None))
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Values::List(list.offsets(), Box::new(Self::new(list.values(), pickle)?))
            }
            DataType::Map(..) => {
                let map = array.as_map();
                Values::Map(map.offsets(), Box::new([Self::new(map.keys(), pickle)?, Self::new(map.values(), pickle)?]))
            }
            DataType::Struct(fields) => {
                let names: HashSet<_> = fields.iter().map(|field| field.name()).collect();
                if names.len() < fields.len() {
                    Values::Refused(pickle.keep("same_names", None))
                } else {
                    let columns = fields.iter().zip(array.as_struct().columns());
                    let cells = columns.map(|(field, column)| Ok((field.name().as_str(), Self::new(column, pickle)?)));
                    Values::Struct(cells.collect::<Result<_>>()?)
                }
            }
            other => return Err(Error::internal(format!("there are no rows of {other}"))),
        };
        Ok(Self { length: array.len(), nulls: array.nulls().filter(|nulls| nulls.null_count() > 0), values })
    }

    /// Writes a list of all values.
    pub(super) fn write_all(&self, pickle: &mut Pickle) {
        let validity = self.nulls.map(|nulls| (nulls.validity(), nulls.offset()));
        match &self.values {
            Values::Number(numbers) => pickle.call(numbers.read, 3, |pickle| {
                pickle.text(numbers.kind);
                pickle.binary(numbers.bytes);
                let nulls = (0..self.length).filter(|row| self.nulls.is_some_and(|nulls| nulls.is_null(*row)));
                pickle.list(|pickle| nulls.for_each(|row| pickle.integer(row as i64)));
            }),
            Values::Text(array) => pickle.list(|pickle| pickle.texts(array.offsets(), array.values(), validity)),
            Values::Binary(array) => pickle.list(|pickle| pickle.binaries(array.offsets(), array.values(), validity)),
            _ => pickle.list(|pickle| (0..self.length).for_each(|row| self.write(row, pickle))),
        }
    }

    fn write(&self, row: usize, pickle: &mut Pickle) {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return pickle.none();
        }
        match &self.values {
            Values::Null => pickle.none(),
            Values::Boolean(array) => pickle.boolean(array.value(row)),
            Values::Number(numbers) => (numbers.write)(row, pickle),
            Values::Decimal { digits, multiply, unit } => pickle.call(*multiply, 2, |pickle| {
                pickle.wide_integer(digits[row]);
                pickle.get(*unit);
            }),
            Values::Text(array) => pickle.text(array.value(row)),
            Values::Binary(array) => pickle.binary(array.value(row)),
            Values::Date { days, date, beyond } => match date_of(days[row]) {
                Some(known) => pickle.call(*date, 1, |pickle| pickle.binary(&known)),
                None => pickle.call(*beyond, 1, |pickle| pickle.integer(days[row].into())),
            },
            Values::Time { micros, clock } => clock.write(micros[row], pickle),
            Values::Duration { micros, timedelta } => pickle.call(*timedelta, 3, |pickle| {
                pickle.integer(0);
                pickle.integer(0);
                pickle.integer(micros[row]);
            }),
            Values::Refused(refusal) => pickle.call(*refusal, 0, |_| ()),
            Values::List(offsets, elements) => {
                pickle.list(|pickle| range(offsets, row).for_each(|element| elements.write(element, pickle)));
            }
            Values::Map(offsets, entries) => pickle.list(|pickle| {
                for entry in range(offsets, row) {
                    pickle.tuple(2, |pickle| entries.iter().for_each(|cells| cells.write(entry, pickle)));
                }
            }),
            Values::Struct(fields) => pickle.dict(|pickle| {
                for (name, cells) in fields {
                    pickle.text(name);
                    cells.write(row, pickle);
                }
            }),
        }
    }
}

impl Clock {
    fn new(zone: Option<&str>, pickle: &mut Pickle) -> Self {
        Self {
            datetime: pickle.keep("datetime", None),
            beyond: pickle.keep("datetime_beyond", None),
            zone: zone.map(|zone| pickle.keep("zone", Some(zone))),
            local: zone.filter(|zone| !ALWAYS_UTC.contains(zone)).map(|zone| pickle.keep("local", Some(zone))),
        }
    }

    fn write(&self, micros: i64, pickle: &mut Pickle) {
        let arguments = 1 + usize::from(self.zone.is_some());
        let Some(state) = datetime_of(micros) else {
            return pickle.call(self.beyond, arguments, |pickle| {
                pickle.integer(micros);
                self.zone.into_iter().for_each(|zone| pickle.get(zone));
            });
        };
        let write = |pickle: &mut Pickle| {
            pickle.call(self.datetime, arguments, |pickle| {
                pickle.binary(&state);
                self.zone.into_iter().for_each(|zone| pickle.get(zone));
            });
        };
        match self.local {
            Some(local) => pickle.call(local, 1, write),
            None => write(pickle),
        }
    }
}

fn numbers<'a, T: ArrowPrimitiveType>(
    kind: &'static str,
    array: &'a dyn Array,
    pickle: &mut Pickle,
    write: fn(T::Native, &mut Pickle),
) -> Values<'a> {
    let values = array.as_primitive::<T>().values();
    Values::Number(Numbers {
        kind,
        bytes: values.inner().as_slice(),
        write: Box::new(move |row, pickle| write(values[row], pickle)),
        read: pickle.keep("numbers", None),
    })
}

fn range(offsets: &OffsetBuffer<i32>, row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

/// The state of a `date`: its year in two bytes, month, day; none beyond Python's years.
fn date_of(days: i32) -> Option<[u8; 4]> {
    let date = NaiveDate::from_num_days_from_ce_opt(days.checked_add(DAYS_BEFORE_1970)?)?;
    let [.., high, low] = date.year().to_be_bytes();
    (1..=LAST_YEAR).contains(&date.year()).then_some([high, low, date.month() as u8, date.day() as u8])
}

/// The state of a `datetime` in UTC: its date's, hour, minute, second, microseconds in three bytes; none beyond Python's years.
fn datetime_of(micros: i64) -> Option<[u8; 10]> {
    let [high, low, month, day] = date_of(i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?)?;
    let micros = micros.rem_euclid(MICROS_PER_DAY);
    let (seconds, [.., a, b, c]) = (micros / 1_000_000, (micros % 1_000_000).to_be_bytes());
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some([high, low, month, day, hour as u8, minute as u8, second as u8, a, b, c])
}
