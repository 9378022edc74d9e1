//! How results are delivered.

use crate::error::{Error, Result};

/// What a result may hold in the kernel, in bytes, unless it is configured.
const MEMORY_BUDGET: i64 = 64 << 20;

/// How the columns and chunks of a session's results are delivered.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct ResultConfig {
    /// ARRAY, MAP and STRUCT columns as JSON text instead of Arrow's nested types.
    #[uniffi(default = false)]
    pub complex_types_as_json: bool,
    /// INTERVAL columns as text instead of Arrow's interval and duration types.
    #[uniffi(default = false)]
    pub intervals_as_text: bool,
    /// GEOMETRY and GEOGRAPHY columns as `struct<srid: int32, wkb: binary>` instead of text.
    #[uniffi(default = false)]
    pub geospatial_as_wkb: bool,
    /// How many bytes of one result the kernel may hold before they are handed over. Default 64 MiB; one chunk is always held.
    #[uniffi(default = None)]
    pub memory_budget: Option<i64>,
}

impl ResultConfig {
    /// The budget in bytes; an error when it is none.
    pub(crate) fn memory_budget(&self) -> Result<u64> {
        let bytes = u64::try_from(self.memory_budget.unwrap_or(MEMORY_BUDGET)).ok().filter(|bytes| *bytes > 0);
        bytes.ok_or_else(|| Error::invalid_argument("the result setting memory_budget must be at least 1 byte"))
    }
}
