//! Faults on demand: what goes wrong, at which request, how often.

mod plan;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

pub(crate) use plan::{Action, On, ResultFault, Rule, parse};

/// How long what was sent may take to leave before a connection breaks.
const FLUSH: Duration = Duration::from_millis(50);

/// The plan, and what was counted.
#[derive(Default)]
pub(crate) struct Faults {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    requests: BTreeMap<On, u64>,
    executions: u64,
}

/// What `GET /_faults` answers.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The rules that are left.
    rules: Vec<Rule>,
    /// The requests that arrived, by kind.
    requests: BTreeMap<On, u64>,
    /// The statements that the engine was given.
    executions: u64,
}

impl Faults {
    pub(crate) fn parse(plan: &str) -> Result<Self, serde_json::Error> {
        let faults = Self::default();
        faults.replace(plan::parse(plan.as_bytes())?);
        Ok(faults)
    }

    /// Sets another plan and counts from zero.
    pub(crate) fn replace(&self, rules: Vec<Rule>) {
        *self.state() = State { rules, ..State::default() };
    }

    pub(crate) fn report(&self) -> Report {
        let state = self.state();
        Report { rules: state.rules.clone(), requests: state.requests.clone(), executions: state.executions }
    }

    pub(crate) fn count_execution(&self) {
        self.state().executions += 1;
    }

    /// The faults for a new result; each is used up.
    pub(crate) fn of_result(&self) -> Vec<ResultFault> {
        let mut state = self.state();
        let mut found = Vec::new();
        for rule in state.rules.iter_mut().filter(|rule| rule.on == On::Result) {
            if let (true, Action::Result(fault)) = (rule.applies(None), &rule.action) {
                found.push(fault.clone());
            }
        }
        state.rules.retain(|rule| rule.times > 0);
        found
    }

    /// Answers a request, or lets go wrong what the plan says.
    pub(crate) async fn around(
        &self,
        on: On,
        chunk: Option<usize>,
        work: impl Future<Output = Response<Body>>,
    ) -> Response<Body> {
        match self.of_request(on, chunk) {
            None | Some(Action::Result(_)) => work.await,
            Some(Action::Delay { milliseconds }) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                work.await
            }
            Some(Action::Hang) => std::future::pending().await,
            Some(Action::Status { code, retry_after, body }) => refusal(code, retry_after, body),
            Some(Action::CutBefore) => cut(),
            Some(Action::CutAfter) => {
                work.await;
                cut()
            }
            Some(Action::LoginPage) => login_page(),
            Some(Action::Truncate { at }) => {
                reshape(work.await, |body| Body::from_stream(then_cut(body.slice(..at.min(body.len()))))).await
            }
            Some(Action::Shorten { at }) => {
                reshape(work.await, |body| Body::from(body.slice(..at.min(body.len())))).await
            }
            Some(Action::Stall { at }) => {
                reshape(work.await, |body| Body::from_stream(then_stall(body.slice(..at.min(body.len()))))).await
            }
            Some(Action::Corrupt { at }) => {
                let response = work.await;
                let start = range_start(&response);
                reshape(response, |body| Body::from(flipped(body, at, start))).await
            }
            Some(Action::Query(parameters)) => led_elsewhere(work.await, parameters),
            Some(Action::Json(members)) => reshape(work.await, |body| Body::from(with_members(&body, members))).await,
        }
    }

    fn of_request(&self, on: On, chunk: Option<usize>) -> Option<Action> {
        let mut state = self.state();
        *state.requests.entry(on).or_default() += 1;
        let action = state
            .rules
            .iter_mut()
            .filter(|rule| rule.on == on)
            .find_map(|rule| rule.applies(chunk).then(|| rule.action.clone()));
        state.rules.retain(|rule| rule.times > 0);
        action
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(code: u16, retry_after: Option<String>, body: Option<String>) -> Response<Body> {
    let text = body
        .unwrap_or_else(|| format!(r#"{{"error_code": "FAULT", "message": "a planned fault with status {code}"}}"#));
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    if (300..400).contains(&code) {
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/login"));
    }
    response
}

/// A JSON object with these members; null removes one.
fn with_members(body: &[u8], members: Map<String, Value>) -> String {
    let mut object: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    object.extend(members);
    object.retain(|_, value| !value.is_null());
    Value::Object(object).to_string()
}

/// The same reply, whose `Location` has these parameters; null removes one.
fn led_elsewhere(mut response: Response<Body>, parameters: BTreeMap<String, Option<String>>) -> Response<Body> {
    let location = response.headers().get(header::LOCATION).and_then(|value| Url::parse(value.to_str().ok()?).ok());
    let Some(mut location) = location else { return response };
    let kept: Vec<_> = location.query_pairs().into_owned().filter(|(name, _)| !parameters.contains_key(name)).collect();
    let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    location.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(given);
    if let Ok(value) = HeaderValue::from_str(location.as_str()) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn login_page() -> Response<Body> {
    let mut response = Response::new(Body::from("<!DOCTYPE html><title>Sign in</title>"));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// A reply whose connection breaks before a byte of its body.
fn cut() -> Response<Body> {
    Response::new(Body::from_stream(then_cut(Bytes::new())))
}

/// What is to arrive before the connection breaks has to leave first: a broken stream discards what waits to be sent.
fn then_cut(body: Bytes) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> {
    let arrives = !body.is_empty();
    let breaks = async move {
        if arrives {
            tokio::time::sleep(FLUSH).await;
        }
        Err(std::io::ErrorKind::ConnectionReset.into())
    };
    stream::iter([Ok(body)]).chain(stream::once(breaks))
}

fn then_stall(body: Bytes) -> impl futures::Stream<Item = Result<Bytes, Infallible>> {
    stream::iter([Ok(body)]).chain(stream::pending())
}

/// The body with byte `at` of the content flipped, where the body is the content from `start` on; without it, the whole content.
fn flipped(body: Bytes, at: usize, start: Option<usize>) -> Bytes {
    let position = match start {
        None => Some(at.min(body.len().saturating_sub(1))),
        Some(start) => at.checked_sub(start),
    };
    let mut bytes = body.to_vec();
    if let Some(byte) = position.and_then(|position| bytes.get_mut(position)) {
        *byte ^= 0xFF;
    }
    bytes.into()
}

/// Where in the content a part begins that was asked for by `Range`.
fn range_start(response: &Response<Body>) -> Option<usize> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// The same reply with another body. A body that is cut or stalls still announces its whole length.
async fn reshape(response: Response<Body>, change: impl FnOnce(Bytes) -> Body) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else { return cut() };
    let whole = bytes.len();
    let body = change(bytes);
    match http_body_len(&body) {
        Some(_) => drop(parts.headers.remove(header::CONTENT_LENGTH)),
        None => drop(parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole))),
    }
    Response::from_parts(parts, body)
}

fn http_body_len(body: &Body) -> Option<u64> {
    use axum::body::HttpBody as _;
    body.size_hint().exact()
}
