//! Results by the Arrow C data interface, which every library of Arrow's reads.
//!
//! Sources: <https://arrow.apache.org/docs/format/CDataInterface.html>, <https://arrow.apache.org/docs/format/CStreamInterface.html>.

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::chunk::ChunkMemory;
use crate::callback::CallbackError;
use crate::error::{Error, KernelError, Result as Fallible};
use crate::runtime::in_background;

/// A column of a result.
#[derive(Clone, uniffi::Record)]
pub struct ResultColumn {
    /// Its name; names may repeat.
    pub name: String,
    /// The SQL type's name as the server gives it, such as `DECIMAL`; absent where it gives none.
    pub type_name: Option<String>,
    /// The SQL type, such as `DECIMAL(10,2)`; absent where the server does not say it.
    pub type_text: Option<String>,
}

/// Rows of one record batch.
#[derive(Clone, uniffi::Record)]
pub struct BatchRows {
    /// The chunk that they lie in.
    pub memory: Arc<ChunkMemory>,
    /// The first of them.
    pub first: i64,
    /// How many.
    pub count: i64,
}

/// Where a stream of record batches takes the next from, implemented in the caller's language.
#[uniffi::export(rust, foreign)]
pub trait BatchSource: Send + Sync {
    /// The next rows; none after the last. Called by whoever reads the stream, on his thread.
    fn next_batch(&self) -> Result<Option<BatchRows>, CallbackError>;
}

/// The columns of a schema that is an Arrow IPC stream, as `ResultStream::schema_stream` answers it.
#[uniffi::export]
pub fn columns_of(schema_stream: &[u8]) -> Result<Vec<ResultColumn>, KernelError> {
    let schema = read_schema(schema_stream)?;
    let columns = schema.fields().iter().map(|field| ResultColumn {
        name: field.name().clone(),
        type_name: field.metadata().get("databricks.type_name").cloned(),
        type_text: field.metadata().get("databricks.type_text").cloned(),
    });
    Ok(columns.collect())
}

/// The address of a `struct ArrowSchema` of such a schema, for a capsule of Python's that `capsule_kinds` describes.
#[uniffi::export]
pub fn exported_schema(schema_stream: &[u8]) -> Result<i64, KernelError> {
    let schema = FFI_ArrowSchema::try_from(read_schema(schema_stream)?).map_err(unreadable)?;
    Ok(Box::into_raw(Box::new(schema)) as i64)
}

/// The address of a `struct ArrowArrayStream` of the batches of `source`, for a capsule of Python's that `capsule_kinds` describes. The stream keeps
/// `source`; each of its arrays keeps the memory of its chunk.
#[uniffi::export]
pub fn exported_batches(schema_stream: &[u8], source: Arc<dyn BatchSource>) -> Result<i64, KernelError> {
    let schema = Arc::new(read_schema(schema_stream)?);
    let stream = FFI_ArrowArrayStream::new(Box::new(Batches { schema, source: Some(source) }));
    Ok(Box::into_raw(Box::new(stream)) as i64)
}

/// What a capsule of the Arrow PyCapsule interface is made with, by address. Its destructor runs no Python: a capsule may end while an error is raised.
#[derive(Clone, Copy, uniffi::Record)]
pub struct CapsuleKind {
    /// Its name, which stays where it is.
    pub name: i64,
    /// The function that frees it.
    pub destructor: i64,
}

/// Both kinds of capsules.
#[derive(Clone, Copy, uniffi::Record)]
pub struct CapsuleKinds {
    /// Those of `exported_schema`.
    pub schema: CapsuleKind,
    /// Those of `exported_batches`.
    pub stream: CapsuleKind,
}

/// The kinds of capsules; their destructors need the address of CPython's `PyCapsule_GetPointer`.
#[uniffi::export]
pub fn capsule_kinds(get_pointer: i64) -> CapsuleKinds {
    GET_POINTER.store(get_pointer as usize, Ordering::Relaxed);
    let kind = |name: &'static CStr, destructor: unsafe extern "C" fn(*mut c_void)| CapsuleKind {
        name: name.as_ptr() as i64,
        destructor: destructor as usize as i64,
    };
    CapsuleKinds { schema: kind(SCHEMA, destroy_schema), stream: kind(STREAM, destroy_stream) }
}

const SCHEMA: &CStr = c"arrow_schema";
const STREAM: &CStr = c"arrow_array_stream";

static GET_POINTER: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn destroy_schema(capsule: *mut c_void) {
    // SAFETY: the capsule was made of what `exported_schema` has answered.
    unsafe { destroy::<FFI_ArrowSchema>(capsule, SCHEMA) };
}

unsafe extern "C" fn destroy_stream(capsule: *mut c_void) {
    // SAFETY: the capsule was made of what `exported_batches` has answered.
    unsafe { destroy::<FFI_ArrowArrayStream>(capsule, STREAM) };
}

/// Frees what a capsule holds; it is released unless a reader has taken it over.
unsafe fn destroy<T>(capsule: *mut c_void, name: &CStr) {
    type GetPointer = unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_void;
    // SAFETY: whoever has the address of a destructor has given the address of this function.
    let get_pointer: GetPointer = unsafe { std::mem::transmute(GET_POINTER.load(Ordering::Relaxed)) };
    // SAFETY: Python calls a destructor with its capsule.
    let held = unsafe { get_pointer(capsule, name.as_ptr()) };
    if !held.is_null() {
        // SAFETY: it came from `Box::into_raw`, and the capsule was the only one to have it.
        drop(unsafe { Box::from_raw(held.cast::<T>()) });
    }
}

struct Batches {
    schema: SchemaRef,
    /// There until it is dropped.
    source: Option<Arc<dyn BatchSource>>,
}

/// Whoever releases a stream may be anywhere, such as in the middle of raising an error: the caller's language forgets the source on a thread of the kernel's.
impl Drop for Batches {
    fn drop(&mut self) {
        let source = self.source.take();
        in_background(async move { drop(source) });
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.source.as_ref()?.next_batch().map_err(|error| error.to_string()).transpose()?;
        let batch = next.and_then(|next| next.memory.batch(next.first, next.count).map_err(|error| error.details));
        // The text crosses as C's, which ends at a zero.
        Some(batch.map_err(|details| ArrowError::ComputeError(details.replace('\0', ""))))
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

fn read_schema(stream: &[u8]) -> Fallible<Schema> {
    try_schema_from_ipc_buffer(stream).map_err(unreadable)
}

fn unreadable(error: ArrowError) -> Error {
    Error::internal("a schema could not be handed over").because(error)
}
