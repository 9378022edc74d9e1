//! How much of a result is under way, by its budget, its connections and its reader.

use super::*;

#[rstest]
#[case::one_chunk(Some(CHUNK_COST), 4, 1)]
#[case::two_chunks(Some(2 * CHUNK_COST), 4, 2)]
#[case::less_than_one(Some(1), 4, 1)]
#[case::plenty(None, 2, 2)]
#[tokio::test]
async fn next_chunk_downloads_no_more_at_once_than_budget_and_connections_allow(
    #[case] memory_budget: Option<i64>,
    #[case] downloads: usize,
    #[case] at_once: usize,
) {
    let script = Arc::new(Script::gated().with_links(10, 10));
    let mut reader = open_with(&script, response(10, 10, link(0, Some(1))), memory_budget, downloads).unwrap();
    {
        let mut first = std::pin::pin!(reader.next_chunk());
        tokio::select! {
            biased;
            _ = &mut first => panic!("no body was sent"),
            () = script.until("get", at_once) => {}
        }
        // All that can run has run when nothing else is ready.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!(script.count("get"), at_once);
    }
    // The dropped call lost nothing.
    script.open_gate(10);
    assert_eq!(read_all(&mut reader).await.unwrap().concat(), (0..100).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test(start_paused = true)]
async fn next_chunk_over_a_long_line_goes_on_whatever_the_limits_are(
    #[values(1, 999, 2000, 3500, 10_000)] memory_budget: i64,
    #[values(1, 2, 3, 8)] downloads: usize,
    #[values(Fetch::Status(403), Fetch::Broken(vec![0; 10]), Fetch::Body(vec![1; 100]))] fault: Fetch,
) {
    let script = Script { latency: Duration::from_millis(50), ..Script::new().with_links(20, 10) };
    for index in [3, 4, 11] {
        script.fetches.lock().unwrap().get_mut(&name(index)).unwrap().push_front(fault.clone());
    }
    let script = Arc::new(script);
    let mut reader = open_with(&script, response(20, 10, link(0, Some(1))), Some(memory_budget), downloads).unwrap();
    let all = tokio::time::timeout(Duration::from_secs(60), read_all(&mut reader)).await.unwrap();
    assert_eq!(all.unwrap().concat(), (0..200).collect::<Vec<_>>());
}

/// What a chunk of these tests is reckoned at: its size in the manifest, decoded and compressed. Over a line that is known to be long it is half of that.
const CHUNK_COST: i64 = 2 * 1000;

#[tokio::test(start_paused = true)]
async fn next_chunk_of_a_slow_reader_stops_the_downloads() {
    let script = Arc::new(Script::new().with_links(10, 2000));
    // A decoded chunk has 16 KB, and so fills the budget until it is read.
    let mut reader = open_with(&script, response(10, 2000, link(0, Some(1))), Some(CHUNK_COST), 4).unwrap();
    for read in 1..=10 {
        assert_eq!(numbers(&reader.next_chunk().await.unwrap().unwrap()).len(), 2000);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(script.count("get") <= read + 1, "{} downloads after {read} chunks", script.count("get"));
    }
    assert!(reader.next_chunk().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn next_chunk_near_the_store_lets_a_third_of_the_budget_wait_to_be_read() {
    let script = Arc::new(Script::new().with_links(20, 2000));
    // A decoded chunk has 16 KB. Twelve would fit.
    let mut reader = open_with(&script, response(20, 2000, link(0, Some(1))), Some(200_000), 4).unwrap();
    reader.next_chunk().await.unwrap().unwrap();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let begun = script.count("get");
    assert!((5..=8).contains(&begun), "{begun} downloads for one chunk that was read");
    assert_eq!(read_all(&mut reader).await.unwrap().len(), 19);
}

#[rstest]
#[case::large_chunks(CHUNK_COST, 1)]
#[case::small_chunks(40_000, 3)]
#[tokio::test(start_paused = true)]
async fn next_chunk_is_downloaded_while_the_one_before_it_is_in_use(#[case] budget: i64, #[case] ahead: usize) {
    let script = Arc::new(Script::new().with_links(10, 500));
    // A decoded chunk has 4 KB.
    let mut reader = open_with(&script, response(10, 500, link(0, Some(1))), Some(budget), 4).unwrap();
    for read in 1..=5 {
        reader.next_chunk().await.unwrap().unwrap();
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        let begun = script.count("get") - read;
        assert!(begun >= ahead, "{begun} chunks are under way after {read}");
    }
}
