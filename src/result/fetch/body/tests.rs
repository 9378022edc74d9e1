use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::super::line::Line;
use super::*;
use crate::error::{Code, Result};
use crate::sea::wire::{ExternalLink, ResultData};
use crate::transport::{Attempts, ByteRange, Failure, LineRecord, ReplyBody, RetryConfig, RetryPolicy, SentRange};

const LENGTH: u64 = 100_000;
const PART: u64 = 10_000;

/// How a store answers the requests that begin at some byte, one after the other; then it answers as it should.
#[derive(Clone, Copy)]
enum Fault {
    /// So many bytes, and then the connection breaks.
    Cut(usize),
    /// So many bytes, and then nothing.
    Stall(usize),
    /// No reply.
    Hang,
    /// A thousand bytes a second.
    Slow,
    /// Another part than the one that was asked for.
    Shifted,
    /// Another version of the body.
    Changed,
    /// The whole, although a part was asked for.
    Whole,
    Refused(i32),
}

#[derive(Default)]
struct Store {
    faults: Mutex<Vec<(u64, Fault)>>,
    /// What was asked for, in order.
    log: Mutex<Vec<Option<ByteRange>>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
    /// How often bytes were asked of a connection.
    reads: AtomicUsize,
    ignores_ranges: bool,
    retry: RetryConfig,
}

impl Store {
    fn with(faults: &[(u64, Fault)]) -> Arc<Self> {
        Arc::new(Self { faults: Mutex::new(faults.to_vec()), ..Self::default() })
    }

    fn starts(&self) -> Vec<u64> {
        self.log.lock().unwrap().iter().map(|range| range.map_or(0, |range| range.start)).collect()
    }
}

fn content() -> Vec<u8> {
    (0..LENGTH).map(|position| (position * 7 % 251) as u8).collect()
}

impl Backend for Arc<Store> {
    type Body = Reply;

    async fn chunk(&self, _: i64) -> Result<ResultData> {
        unreachable!("a body asks for no link")
    }

    async fn open(&self, _: &ExternalLink, range: Option<ByteRange>, _: u32) -> Result<Reply, Failure> {
        self.log.lock().unwrap().push(range);
        let start = range.map_or(0, |range| range.start);
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            let found = faults.iter().position(|(at, _)| *at == start);
            found.map(|found| faults.remove(found).1)
        };
        // The way there and back.
        tokio::time::sleep(Duration::from_millis(10)).await;
        match fault {
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Refused(status)) => {
                return Err(
                    Error { http_status: Some(status), ..Error::new(Code::PermissionDenied, "scripted") }.into()
                );
            }
            _ => {}
        }
        let range = range.filter(|_| !self.ignores_ranges && !matches!(fault, Some(Fault::Whole)));
        let sent = match range {
            None => 0..LENGTH,
            Some(_) if start >= LENGTH => {
                return Err(Error { http_status: Some(416), ..Error::new(Code::Unknown, "no such range") }.into());
            }
            Some(range) => start..range.end.unwrap_or(LENGTH).min(LENGTH),
        };
        self.most_open.fetch_max(self.open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let shift = u64::from(matches!(fault, Some(Fault::Shifted)));
        Ok(Reply {
            rest: content()[sent.start as usize..sent.end as usize].to_vec(),
            sent: range.map(|_| SentRange { start: sent.start + shift, end: sent.end, total: LENGTH }),
            length: sent.end - sent.start,
            fault,
            count: 0,
            ranges: !self.ignores_ranges,
            store: Arc::clone(self),
        })
    }

    fn attempts(&self) -> Attempts {
        Attempts::new(&RetryPolicy::new(Some(&self.retry)).unwrap())
    }

    fn line(&self) -> Arc<Mutex<LineRecord>> {
        Arc::default()
    }

    fn finished(&self) {}
}

struct Reply {
    rest: Vec<u8>,
    sent: Option<SentRange>,
    length: u64,
    fault: Option<Fault>,
    count: usize,
    ranges: bool,
    store: Arc<Store>,
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.store.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl ReplyBody for Reply {
    fn content_length(&self) -> Option<u64> {
        Some(self.length)
    }

    fn sent_range(&self) -> Option<SentRange> {
        self.sent
    }

    fn takes_ranges(&self) -> bool {
        self.ranges
    }

    fn version(&self) -> Option<&[u8]> {
        Some(if matches!(self.fault, Some(Fault::Changed)) { b"2" } else { b"1" })
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        self.store.reads.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Some(Fault::Cut(at)) if self.count >= at => {
                return Err(Error { retryable: true, ..Error::new(Code::NetworkError, "broken") });
            }
            Some(Fault::Stall(at)) if self.count >= at => std::future::pending().await,
            Some(Fault::Slow) => tokio::time::sleep(Duration::from_secs(1)).await,
            _ => tokio::time::sleep(Duration::from_millis(1)).await,
        }
        let piece: Vec<u8> = self.rest.drain(..self.rest.len().min(1000)).collect();
        self.count += piece.len();
        Ok((!piece.is_empty()).then(|| piece.into()))
    }
}

fn line(most: usize) -> Arc<Line> {
    Arc::new(Line::new(most, (PART, PART), Arc::default()))
}

/// A body that there is no room for yet.
fn origin(store: &Arc<Store>, line: &Arc<Line>) -> Arc<Origin<Arc<Store>>> {
    let link: ExternalLink = serde_json::from_value(json!({"external_link": "https://store.example/a"})).unwrap();
    Origin::new(Arc::new(Arc::clone(store)), link, Arc::clone(line), store.attempts())
}

const SHARING: Option<Sharing> = Some(Sharing { ahead: u64::MAX, bodies: 100 });

async fn body(store: &Arc<Store>, line: &Arc<Line>, expected: u64) -> Body<Arc<Store>> {
    let origin = origin(store, line);
    origin.admit();
    Body::new(origin, expected, SHARING).await
}

/// A body that comes from one connection.
async fn whole(store: &Arc<Store>) -> Body<Arc<Store>> {
    let origin = origin(store, &line(4));
    origin.admit();
    Body::new(origin, LENGTH, None).await
}

async fn read(body: &mut Body<Arc<Store>>) -> Result<Vec<u8>, Broken> {
    let mut all = Vec::new();
    while let Some(bytes) = body.next().await? {
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

#[rstest]
#[case::exact(LENGTH)]
#[case::too_short(LENGTH / 3)]
#[case::too_long(LENGTH * 3)]
#[case::ends_within_the_first_part(LENGTH + PART / 2)]
#[tokio::test(start_paused = true)]
async fn parts_are_put_together_in_order_whatever_the_link_says_of_the_length(#[case] expected: u64) {
    let store = Store::with(&[]);
    let line = line(4);
    let mut body = body(&store, &line, expected).await;
    assert_eq!(read(&mut body).await.unwrap(), content());
    assert_eq!(body.total(), Some(LENGTH));
    assert!(store.log.lock().unwrap().iter().all(Option::is_some));
    assert!((2..=4).contains(&store.most_open.load(Ordering::SeqCst)));
}

#[tokio::test(start_paused = true)]
async fn body_that_may_not_be_split_comes_in_one_reply() {
    let store = Store::with(&[]);
    assert_eq!(read(&mut whole(&store).await).await.unwrap(), content());
    assert_eq!(*store.log.lock().unwrap(), [None]);
}

#[rstest]
#[case::sends_parts(false)]
#[case::ignores_ranges(true)]
#[tokio::test(start_paused = true)]
async fn body_that_is_longer_than_expected_goes_on_in_parts_where_the_store_sends_them(#[case] ignores_ranges: bool) {
    let store = Arc::new(Store { ignores_ranges, ..Store::default() });
    assert_eq!(read(&mut body(&store, &line(4), PART).await).await.unwrap(), content());
    let log = store.log.lock().unwrap();
    assert_eq!(log.iter().filter(|range| range.is_none()).count(), 1);
    assert_eq!(log.len() > 1, !ignores_ranges);
    assert!(store.most_open.load(Ordering::SeqCst) <= 4);
}

#[tokio::test(start_paused = true)]
async fn store_that_ignores_ranges_is_asked_for_one_once() {
    let store = Arc::new(Store { ignores_ranges: true, ..Store::default() });
    let line = line(4);
    let two = async {
        let mut first = body(&store, &line, LENGTH).await;
        let second = async { read(&mut body(&store, &line, LENGTH).await).await.unwrap() };
        let (first, second) = tokio::join!(async { read(&mut first).await.unwrap() }, second);
        assert_eq!((first, second), (content(), content()));
    };
    two.await;
    let log = store.log.lock().unwrap();
    assert!(log.iter().filter(|range| range.is_some()).count() <= 4, "the parts of the first body: {log:?}");
    assert_eq!(log.last().unwrap(), &None);
}

#[rstest]
#[case::cut(Fault::Cut(3000), 3000)]
#[case::cut_at_once(Fault::Cut(0), 0)]
#[case::stalled(Fault::Stall(2000), 2000)]
#[case::no_reply(Fault::Hang, 0)]
#[tokio::test(start_paused = true)]
async fn part_that_stops_goes_on_over_another_connection_from_where_it_was(#[case] fault: Fault, #[case] at: u64) {
    for start in [0, 2 * PART, 9 * PART] {
        let store = Store::with(&[(start, fault)]);
        let began = tokio::time::Instant::now();
        assert_eq!(read(&mut body(&store, &line(4), LENGTH).await).await.unwrap(), content());
        assert!(store.starts().contains(&(start + at)), "{:?}", store.starts());
        assert_eq!(store.starts().len(), 11);
        assert!(began.elapsed() < Duration::from_secs(3), "a stall is not waited out");
    }
}

#[tokio::test(start_paused = true)]
async fn straggling_part_is_given_up_and_its_rest_fetched_again() {
    let store = Store::with(&[(5 * PART, Fault::Slow)]);
    let began = tokio::time::Instant::now();
    assert_eq!(read(&mut body(&store, &line(4), LENGTH).await).await.unwrap(), content());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?} instead of ten seconds", began.elapsed());
    assert_eq!(store.starts().len(), 11);
}

#[tokio::test(start_paused = true)]
async fn line_that_is_slow_as_a_whole_is_waited_for() {
    let slow: Vec<_> = (0..LENGTH / PART).map(|part| (part * PART, Fault::Slow)).collect();
    let store = Store::with(&slow);
    assert_eq!(read(&mut body(&store, &line(4), LENGTH).await).await.unwrap(), content());
}

#[tokio::test(start_paused = true)]
async fn part_that_always_breaks_is_an_error_in_the_end() {
    let store = Store::with(&[(2 * PART, Fault::Cut(0)); 20]);
    let broken = read(&mut body(&store, &line(4), LENGTH).await).await.unwrap_err();
    assert!(matches!(broken, Broken::Interrupted(error) if error.code == Code::NetworkError));
}

#[rstest]
#[case::cut(Fault::Cut(0), 6)]
#[case::refused_to_bring_more(Fault::Cut(2000), 6)]
#[case::given_up_three_times(Fault::Stall(0), 4)]
#[case::no_reply(Fault::Hang, 4)]
#[tokio::test(start_paused = true)]
async fn part_is_asked_for_as_often_as_the_caller_set(
    #[case] fault: Fault,
    #[case] most: usize,
    #[values(1, 2, 6)] attempts: usize,
) {
    let start = 2 * PART;
    let retry = RetryConfig { max_attempts: Some(attempts as i32), ..RetryConfig::default() };
    let faults = (0..10).flat_map(|part| vec![(start + part * 2000, fault); 10]).collect();
    let store = Arc::new(Store { faults: Mutex::new(faults), retry, ..Store::default() });
    let outcome = read(&mut body(&store, &line(4), LENGTH).await).await;
    let asked = store.starts().iter().filter(|from| (start..start + PART).contains(*from)).count();
    match fault {
        // Five times 2,000 bytes are the part.
        Fault::Cut(2000) if attempts == 6 => assert!(outcome.is_ok() && asked == 5, "{outcome:?}, {asked}"),
        _ => assert!(outcome.is_err() && asked == attempts.min(most), "{asked}"),
    }
}

#[tokio::test(start_paused = true)]
async fn connection_that_broke_is_followed_after_the_shortest_wait_that_the_caller_set() {
    for wait in [Duration::from_millis(10), Duration::from_secs(20)] {
        let retry = RetryConfig { min_wait: Some(wait), ..RetryConfig::default() };
        let faults = Mutex::new(vec![(0, Fault::Cut(3000))]);
        let store = Arc::new(Store { faults, retry, ..Store::default() });
        let began = tokio::time::Instant::now();
        let origin = origin(&store, &line(4));
        origin.admit();
        assert_eq!(read(&mut Body::new(origin, LENGTH, None).await).await.unwrap(), content());
        assert!((wait..wait * 2 + Duration::from_secs(1)).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
}

#[rstest]
#[case::another_part(Fault::Shifted)]
#[case::another_version(Fault::Changed)]
#[case::the_whole(Fault::Whole)]
#[tokio::test(start_paused = true)]
async fn reply_that_does_not_fit_the_others_is_never_put_among_them(#[case] fault: Fault) {
    let store = Store::with(&[(3 * PART, fault)]);
    let broken = read(&mut body(&store, &line(4), LENGTH).await).await.unwrap_err();
    assert!(matches!(broken, Broken::Interrupted(_)), "{broken:?}");
}

#[tokio::test(start_paused = true)]
async fn refusal_of_a_part_is_the_bodys() {
    let store = Store::with(&[(3 * PART, Fault::Refused(403))]);
    let broken = read(&mut body(&store, &line(4), LENGTH).await).await.unwrap_err();
    assert!(matches!(broken, Broken::Refused(error) if error.http_status == Some(403)));
}

#[tokio::test(start_paused = true)]
async fn whole_body_that_breaks_off_goes_on_where_the_store_sends_parts_and_fails_where_it_does_not() {
    let store = Store::with(&[(0, Fault::Cut(5000))]);
    assert_eq!(read(&mut whole(&store).await).await.unwrap(), content());
    assert_eq!(store.starts(), [0, 5000]);

    let faults = Mutex::new(vec![(0, Fault::Cut(5000))]);
    let store = Arc::new(Store { ignores_ranges: true, faults, ..Store::default() });
    let broken = read(&mut whole(&store).await).await.unwrap_err();
    assert!(matches!(broken, Broken::Interrupted(_)));
}

#[tokio::test(start_paused = true)]
async fn drop_ends_the_connections() {
    let store = Store::with(&[(PART, Fault::Stall(0)), (2 * PART, Fault::Stall(0))]);
    let mut body = body(&store, &line(4), LENGTH).await;
    body.next().await.unwrap();
    assert!(store.open.load(Ordering::SeqCst) >= 2);
    drop(body);
    tokio::task::yield_now().await;
    assert_eq!(store.open.load(Ordering::SeqCst), 0);
    let asked = store.log.lock().unwrap().len();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(store.log.lock().unwrap().len(), asked);
}

#[tokio::test(start_paused = true)]
async fn parts_ahead_of_their_turn_are_limited_in_bytes() {
    let store = Store::with(&[]);
    let origin = origin(&store, &line(32));
    origin.admit();
    let mut body = Body::new(origin, LENGTH, Some(Sharing { ahead: 2 * PART, bodies: 100 })).await;
    assert!(body.next().await.unwrap().is_some());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(store.starts(), [0, PART]);
    assert_eq!(read(&mut body).await.unwrap().len() as u64, LENGTH - PART);
}

#[rstest]
#[case::in_parts(LENGTH, 2)]
#[case::whole(PART, 1)]
#[tokio::test(start_paused = true)]
async fn body_without_room_is_asked_for_on_half_of_the_connections_and_not_read(
    #[case] expected: u64,
    #[case] asked: usize,
) {
    let store = Store::with(&[]);
    let line = line(4);
    let origin = origin(&store, &line);
    let mut body = Body::new(Arc::clone(&origin), expected, SHARING).await;
    tokio::select! {
        _ = body.next() => panic!("there is no room"),
        () = tokio::time::sleep(Duration::from_secs(10)) => {}
    }
    assert_eq!((store.starts().len(), store.reads.load(Ordering::SeqCst)), (asked, 0));
    origin.answered().await;
    origin.admit();
    assert_eq!(read(&mut body).await.unwrap(), content());
}

#[tokio::test(start_paused = true)]
async fn body_with_room_goes_on_beside_those_without_also_over_new_connections() {
    let store = Store::with(&[(3 * PART, Fault::Cut(1000)), (5 * PART, Fault::Stall(0))]);
    let line = line(2);
    let waiting: Vec<_> = (0..3).map(|_| origin(&store, &line)).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for origin in &waiting {
        let body = Body::new(Arc::clone(origin), LENGTH, None).await;
        tasks.spawn(async move { read(&mut { body }).await.unwrap() == content() });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut admitted = body(&store, &line, LENGTH).await;
    let all = tokio::time::timeout(Duration::from_secs(60), read(&mut admitted)).await;
    assert_eq!(all.expect("it waits for those without room").unwrap(), content());
    assert!(tasks.try_join_next().is_none());
    waiting.iter().for_each(|origin| origin.admit());
    assert!(tasks.join_all().await.into_iter().all(|is_whole| is_whole));
}

#[rstest]
#[case::whole_parts(&[])]
#[case::one_that_breaks(&[(2 * PART, Fault::Refused(403))])]
#[tokio::test(start_paused = true)]
async fn gathered_body_needs_no_further_wait(#[case] faults: &[(u64, Fault)]) {
    let store = Store::with(faults);
    let mut body = body(&store, &line(32), LENGTH).await;
    body.next().await.unwrap();
    body.gathered().await;
    let began = tokio::time::Instant::now();
    assert_eq!(read(&mut body).await.is_ok(), faults.is_empty());
    assert_eq!(began.elapsed(), Duration::ZERO);
}
