//! How results are delivered.

use crate::error::{Error, Result};

/// What a result may hold in the kernel, in bytes, unless it is configured.
const MEMORY_BUDGET: i64 = 64 << 20;

/// What one chunk may decode to, in bytes, unless it is configured.
const MAX_CHUNK_BYTES: i64 = 1 << 30;

/// How the columns and chunks of a session's results are delivered.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct ResultConfig {
    /// ARRAY, MAP and STRUCT columns as JSON text instead of Arrow's nested types.
    #[uniffi(default = false)]
    pub complex_types_as_json: bool,
    /// INTERVALs as text instead of Arrow's interval and duration types, also inside ARRAY, MAP and STRUCT.
    #[uniffi(default = false)]
    pub intervals_as_text: bool,
    /// GEOMETRY and GEOGRAPHY columns as `struct<srid: int32, wkb: binary>` instead of text.
    #[uniffi(default = false)]
    pub geospatial_as_wkb: bool,
    /// How many bytes of one result the kernel may hold before they are handed over. Default 64 MiB; one chunk is always held.
    #[uniffi(default = None)]
    pub memory_budget: Option<i64>,
    /// How many bytes one chunk may decode to at most. Default 1 GiB. One that has more is `DataLoss`: a bound on what a few compressed bytes
    /// can make the kernel allocate. What the server announces does not count.
    #[uniffi(default = None)]
    pub max_chunk_bytes: Option<i64>,
}

impl ResultConfig {
    /// The budget in bytes; an error when it is none.
    pub(crate) fn memory_budget(&self) -> Result<u64> {
        bytes("memory_budget", self.memory_budget.unwrap_or(MEMORY_BUDGET))
    }

    /// The most that a chunk may decode to, in bytes; an error when it is none.
    pub(crate) fn max_chunk_bytes(&self) -> Result<usize> {
        let most = bytes("max_chunk_bytes", self.max_chunk_bytes.unwrap_or(MAX_CHUNK_BYTES))?;
        Ok(usize::try_from(most).unwrap_or(usize::MAX))
    }
}

fn bytes(setting: &str, value: i64) -> Result<u64> {
    let bytes = u64::try_from(value).ok().filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| Error::invalid_argument(format!("the result setting {setting} must be at least 1 byte")))
}
