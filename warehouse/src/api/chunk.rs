//! `GET /api/2.0/sql/statements/{id}/result/chunks/{index}`

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::{error, reply, statements};
use crate::faults::On;
use crate::server::Shared;
use crate::statement::Phase;

pub(super) async fn chunk(
    State(shared): State<Arc<Shared>>,
    place: Result<Path<(String, usize)>, PathRejection>,
) -> Response {
    let Path((id, index)) = match place {
        Ok(place) => place,
        Err(rejection) => return error::bad_path(&rejection),
    };
    shared.faults.around(On::Chunk, Some(index), answer(&shared, &id, index)).await
}

/// The inside of `result`: fresh links, or rows of text.
async fn answer(shared: &Shared, id: &str, index: usize) -> Response {
    let entry = match statements::find(shared, id) {
        Ok(entry) => entry,
        Err(refusal) => return *refusal,
    };
    match entry.phase() {
        Phase::Succeeded(stored) if index < stored.chunks.len() => {
            match reply::result(shared, &entry, &stored, index, 0) {
                Ok(result) => Json(result).into_response(),
                Err(error) => reply::unreadable(&error),
            }
        }
        Phase::Succeeded(stored) => error::invalid(format!(
            "chunk_index {index} is out of range: the result has {} chunks",
            stored.chunks.len()
        )),
        Phase::Closed => error::not_found("NOT_FOUND", format!("The statement {id} was closed.")),
        phase => error::bad_request(format!("The statement {id} has no result: its state is {}.", phase.name())),
    }
}
