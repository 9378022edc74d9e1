use super::*;

#[test]
fn reserve_stops_at_the_limit_and_goes_on_when_bytes_are_given_back() {
    let budget = Budget::new(100);
    let first = budget.reserve(60, true).unwrap();
    assert!(budget.reserve(41, true).is_none());
    let mut second = budget.reserve(40, true).unwrap();
    drop(first);
    assert!(budget.reserve(61, true).is_none());
    second.settle(10);
    assert!(budget.reserve(90, true).is_some());
}

#[test]
fn reserve_of_more_than_the_limit_succeeds_only_alone() {
    let budget = Budget::new(100);
    let small = budget.reserve(1, true).unwrap();
    assert!(budget.reserve(1000, true).is_none());
    drop(small);
    let large = budget.reserve(1000, true).unwrap();
    assert!(budget.reserve(0, true).is_none());
    drop(large);
    assert!(budget.reserve(100, true).is_some());
}

#[tokio::test]
async fn grow_is_granted_in_order_and_at_once_to_the_chunk_that_the_reader_waits_for() {
    let budget = Budget::new(100);
    let mut chunks: Vec<_> = (0..4).map(|_| budget.reserve(25, true).unwrap()).collect();
    budget.set_head(0);
    assert!(!chunks[1].try_grow(1, 40), "nothing is free");
    assert!(chunks[0].try_grow(0, 40), "the reader waits for it");
    chunks[0].deliver();
    budget.set_head(1);
    assert!(!chunks[1].try_grow(1, 40), "the reader has the one before to read");
    let (first, mut third, mut second) = (chunks.remove(0), chunks.remove(1), chunks.remove(0));
    let third = tokio::spawn(async move {
        third.grow(2, 40).await;
        third
    });
    let second = tokio::spawn(async move {
        second.grow(1, 40).await;
        second
    });
    tokio::task::yield_now().await;
    drop(first);
    // 75 were held, 15 more fit once.
    let second = second.await.unwrap();
    tokio::task::yield_now().await;
    assert!(!third.is_finished());
    drop(second);
    third.await.unwrap();
}

#[test]
fn memory_that_was_read_is_kept_for_chunks_under_way_and_more_only_within_the_limit() {
    let budget = Budget::new(100);
    let mapping = |length| Mapping::new(length).unwrap();
    let mut first = budget.reserve(50, true).unwrap();
    let mut second = budget.reserve(50, true).unwrap();
    budget.keep(mapping(60));
    budget.keep(mapping(50));
    budget.keep(mapping(40));
    assert_eq!(first.claim().spare(55).unwrap().len(), 60);
    assert!(second.claim().spare(30).is_none(), "the third did not fit, the second is much too large");
    drop(first);
    budget.keep(mapping(20));
    budget.keep(mapping(30));
    let mut more = budget.reserve(40, true).unwrap();
    assert_eq!(more.claim().spare(20).unwrap().len(), 20);
    assert!(more.claim().spare(30).is_none(), "it made room");
}

#[test]
fn memory_of_another_size_gives_way_to_what_chunks_are_like() {
    let budget = Budget::new(100);
    let mapping = |length| Mapping::new(length).unwrap();
    let mut chunk = budget.reserve(10, true).unwrap();
    for length in [20, 21, 22, 30] {
        budget.keep(mapping(length));
    }
    assert!(chunk.claim().spare(30).is_none(), "three are kept");
    budget.keep(mapping(30));
    assert_eq!(chunk.claim().spare(21).unwrap().len(), 21);
    assert_eq!(chunk.claim().spare(30).unwrap().len(), 30);
}

#[tokio::test]
async fn freed_returns_when_a_reservation_was_dropped_before_or_after() {
    let budget = Budget::new(1);
    drop(budget.reserve(1, true));
    budget.freed().await;
    let held = budget.reserve(1, true);
    let waiting = tokio::spawn({
        let budget = Arc::clone(&budget);
        async move { budget.freed().await }
    });
    drop(held);
    waiting.await.unwrap();
}

#[tokio::test]
async fn reserve_ahead_holds_nothing_and_is_admitted_in_order_when_there_is_room() {
    let budget = Budget::new(100);
    budget.set_head(0);
    let first = budget.reserve(80, false).unwrap();
    let mut second = budget.reserve_ahead(30).unwrap();
    let mut third = budget.reserve_ahead(20).unwrap();
    assert!(budget.reserve_ahead(1).is_none(), "half of the budget is asked for");
    assert!(budget.reserve(1, false).is_none(), "what was asked for comes first");
    let third = tokio::spawn(async move {
        third.admit(2).await;
        third
    });
    tokio::task::yield_now().await;
    assert!(third.is_finished(), "it fits, and the one before did not ask for room yet");
    let second = tokio::spawn(async move {
        second.admit(1).await;
        second
    });
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    drop(first);
    let second = second.await.unwrap();
    assert!(!second.is_ahead());
    assert!(budget.reserve(51, false).is_none());
    assert!(budget.reserve(50, false).is_some());
}

#[tokio::test]
async fn reserve_ahead_is_for_a_reader_that_waits_and_gives_back_what_it_did_not_use() {
    let budget = Budget::new(100);
    let mut first = budget.reserve(100, false).unwrap();
    first.deliver();
    assert!(budget.reserve_ahead(10).is_none());
    drop(first);
    budget.freed().await;
    drop(budget.reserve_ahead(50).unwrap());
    budget.freed().await;
    assert!(budget.reserve(100, false).is_some());
}

#[tokio::test]
async fn awaited_returns_when_all_before_the_chunk_was_read() {
    let budget = Budget::new(100);
    budget.set_head(0);
    let mut first = budget.reserve(90, false).unwrap();
    let mut second = budget.reserve_ahead(30).unwrap();
    let second = tokio::spawn(async move {
        second.awaited(1).await;
        second.admit(1).await;
        second
    });
    first.deliver();
    budget.set_head(1);
    tokio::task::yield_now().await;
    assert!(!second.is_finished(), "the first is left to read");
    first.hand_over();
    // There is no room, but nothing else would make some.
    assert!(!second.await.unwrap().is_ahead());
}
