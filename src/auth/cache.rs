//! Tokens that are kept: one renewal for all who wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::{Asked, AuthHeaders, Source};
use crate::error::{Error, Result};
use crate::fork::{Local, lock};
use crate::runtime::shut_down;
use crate::transport::Http;
use crate::transport::redact::Known;

/// A token is renewed this long before its end, or when a third of its life is left, whichever comes later. Some servers refuse a
/// token in its last 30 s.
const MARGIN: Duration = Duration::from_secs(40);
/// A token that may be renewed in the background is so when half of its life is left, or this much.
const BACKGROUND: Duration = Duration::from_secs(20 * 60);
/// After a renewal that failed, a token that is still good is used for so long before the next.
const PAUSE: Duration = Duration::from_secs(60);
/// So many secrets of a source's stay known, to be cut out of texts: a server may echo an earlier one.
const REMEMBERED: usize = 32;
/// What is shorter in a header may be a word.
const SHORTEST_SECRET: usize = 16;

/// What a source answered.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) headers: AuthHeaders,
    pub(super) life: Life,
}

/// How long a token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// For the request that it was asked for.
    Once,
    /// Until the server refuses it.
    Open,
    /// For so long from now.
    For(Duration),
}

/// Keeps the token of one source, and asks for the next: never twice at once.
pub(crate) struct TokenCache {
    shared: Local<Arc<Shared>>,
}

struct Shared {
    source: Source,
    state: Mutex<State>,
    /// Held by whoever asks the source. It goes with the question: a request that is dropped meanwhile does not let another one ask beside it.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// The last renewal that failed, and when.
    failed: Option<(Instant, Arc<Error>)>,
    asking: Option<AbortHandle>,
    used: VecDeque<Known>,
}

/// A token, and what may be done with it from which time on.
struct Kept {
    headers: AuthHeaders,
    times: Option<Times>,
}

#[derive(Debug, PartialEq, Eq)]
struct Times {
    /// Renewed in the background from here on.
    stale: Instant,
    /// Renewed before it is used from here on.
    due: Instant,
    ended: Instant,
}

/// What the kept token is good for.
enum Use {
    Fresh(AuthHeaders),
    /// For this request; the next token should be asked for meanwhile.
    Stale(AuthHeaders),
    /// For this request, when there is no other.
    Due(AuthHeaders),
    None,
}

impl Times {
    fn of(life: Duration, now: Instant, in_background: bool) -> Option<Self> {
        let ended = now.checked_add(life)?;
        let due = ended - MARGIN.min(life / 3);
        let stale = if in_background { due.min(ended - BACKGROUND.min(life / 2)) } else { due };
        Some(Self { stale, due, ended })
    }
}

impl State {
    /// What the kept token is good for at `now`, unless it is the one that was refused.
    fn usable(&self, refused: Option<&AuthHeaders>, now: Instant) -> Use {
        let is_refused = |kept: &&Kept| {
            refused.is_none_or(|refused| refused.authorization.expose() != kept.headers.authorization.expose())
        };
        let Some(Kept { headers, times }) = self.kept.as_ref().filter(is_refused) else { return Use::None };
        let headers = headers.clone();
        match times {
            None => Use::Fresh(headers),
            Some(times) if now < times.stale => Use::Fresh(headers),
            Some(times) if now < times.due => Use::Stale(headers),
            Some(times) if now < times.ended => Use::Due(headers),
            Some(_) => Use::None,
        }
    }

    /// Whether a renewal failed so short a time ago that a token which is still good is used without another.
    fn pauses(&self, now: Instant) -> bool {
        self.failed.as_ref().is_some_and(|(at, _)| now < *at + PAUSE)
    }

    /// How the renewal failed that was under way when somebody began to wait for it.
    fn failure_since(&self, arrived: Instant) -> Option<Error> {
        self.failed.as_ref().filter(|(at, _)| *at > arrived).map(|(_, error)| Error::shared(error))
    }

    /// Takes what the source answered at `now`.
    fn take(&mut self, outcome: Result<Token>, now: Instant, in_background: bool) -> Result<AuthHeaders> {
        let Token { headers, life } = match outcome {
            Ok(token) => token,
            Err(error) => {
                let error = Arc::new(error);
                self.failed = Some((now, Arc::clone(&error)));
                return Err(Error::shared(&error));
            }
        };
        self.failed = None;
        self.remember(&headers);
        self.kept = match life {
            Life::Once => None,
            Life::Open => Some(Kept { headers: headers.clone(), times: None }),
            Life::For(life) => {
                Times::of(life, now, in_background).map(|times| Kept { headers: headers.clone(), times: Some(times) })
            }
        };
        Ok(headers)
    }

    fn remember(&mut self, headers: &AuthHeaders) {
        let token = headers.token();
        let others = headers.extra.iter().map(|header| header.value.expose());
        for secret in others.filter(|value| value.len() >= SHORTEST_SECRET).chain([token]) {
            if !self.used.iter().any(|known| known.is(secret)) {
                self.used.push_back(Known::new(secret));
            }
        }
        let surplus = self.used.len().saturating_sub(REMEMBERED);
        self.used.drain(..surplus);
    }
}

impl TokenCache {
    pub(super) fn new(source: Source) -> Self {
        Self { shared: Local::new(Arc::new(Shared { source, state: Mutex::default(), turn: Arc::default() })) }
    }

    pub(super) fn source(&self) -> &Source {
        &self.shared.source
    }

    /// The headers for the next request: those of the kept token while it is good, else of a new one. `refused` are those that the server
    /// has just refused. Errors: those of the source, while no token is good.
    pub(crate) async fn headers(&self, http: &Arc<Http>, refused: Option<&AuthHeaders>) -> Result<AuthHeaders> {
        let shared = &*self.shared;
        let arrived = Instant::now();
        match shared.look(refused) {
            (Use::Fresh(headers), _) | (Use::Stale(headers) | Use::Due(headers), true) => return Ok(headers),
            (Use::Stale(headers), false) => {
                if let Ok(turn) = Arc::clone(&shared.turn).try_lock_owned() {
                    shared.ask(http, turn, Asked::Ahead);
                }
                return Ok(headers);
            }
            (Use::Due(_) | Use::None, _) => {}
        }
        let turn = Arc::clone(&shared.turn).lock_owned().await;
        let last = match (shared.look(refused), lock(&shared.state).failure_since(arrived)) {
            ((Use::Fresh(headers) | Use::Stale(headers), _), _) | ((Use::Due(headers), true), _) => return Ok(headers),
            (_, Some(error)) => return Err(error),
            ((Use::Due(headers), false), None) => Some(headers),
            ((Use::None, _), None) => None,
        };
        match (shared.ask(http, turn, Asked::Needed).await, last) {
            (Ok(Ok(headers)), _) => Ok(headers),
            (_, Some(headers)) => Ok(headers),
            (Ok(Err(error)), None) => Err(error),
            (Err(error), None) => Err(shut_down().because(error)),
        }
    }
}

impl Shared {
    /// What the kept token is good for, and whether the source is left alone while it is.
    fn look(&self, refused: Option<&AuthHeaders>) -> (Use, bool) {
        let (state, now) = (lock(&self.state), Instant::now());
        (state.usable(refused, now), state.pauses(now))
    }

    /// Asks the source, on a task of its own.
    fn ask(
        self: &Arc<Self>,
        http: &Arc<Http>,
        turn: OwnedMutexGuard<()>,
        asked: Asked,
    ) -> tokio::task::JoinHandle<Result<AuthHeaders>> {
        let (shared, http) = (Arc::clone(self), Arc::clone(http));
        let task = tokio::spawn(async move {
            let outcome = shared.source.token(&http, asked).await;
            if let Err(error) = &outcome {
                tracing::debug!(%error, "a token could not be renewed");
            }
            let headers = lock(&shared.state).take(outcome, Instant::now(), shared.source.renews_in_background());
            drop(turn);
            headers
        });
        lock(&self.state).asking = Some(task.abort_handle());
        task
    }
}

impl Drop for TokenCache {
    fn drop(&mut self) {
        if self.shared.is_here()
            && let Some(asking) = lock(&self.shared.state).asking.take()
        {
            asking.abort();
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
