//! How results are delivered.

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
