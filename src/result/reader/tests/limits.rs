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
    assert!((4..=8).contains(&begun), "{begun} downloads for one chunk that was read");
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

/// A result of `count` chunks of 20,000 rows, which are 160 KB, with what `announce` makes of its manifest and its links.
fn announced_as(count: i64, announce: impl Fn(&mut Value, &mut Value)) -> (Arc<Script>, Value) {
    let mut response = response(count, 20_000, json!({"external_links": []}));
    let mut script = Script::new();
    for index in 0..count {
        let mut reply = link(index, (index + 1 < count).then_some(index + 1));
        announce(&mut response["manifest"]["chunks"][index as usize], &mut reply["external_links"][0]);
        script =
            script.chunk(index, Ok(reply)).fetch(&name(index), Fetch::Body(compressed(&chunk(index * 20_000, 20_000))));
    }
    (Arc::new(script), response)
}

#[rstest]
#[case::true_sizes(160_600, 100_000)]
#[case::far_too_small(10, 10)]
#[case::far_too_large(i64::MAX, i64::MAX)]
#[case::nothing(0, 0)]
#[case::below_nothing(-5, -5)]
#[tokio::test(start_paused = true)]
async fn next_chunk_reads_chunks_of_any_announced_size_within_the_budget_and_several_at_once(
    #[case] decoded: i64,
    #[case] body: i64,
) {
    let (script, response) = announced_as(20, |chunk, link| {
        chunk["byte_count"] = decoded.into();
        link["byte_count"] = body.into();
    });
    // Four decoded chunks and what belongs to them.
    let mut reader = open_with(&script, response, Some(800_000), 4).unwrap();
    for read in 1..=20 {
        assert_eq!(numbers(&reader.next_chunk().await.unwrap().unwrap()).len(), 20_000);
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
        let ahead = script.count("get") - read;
        // What was begun before a chunk had come may be one a connection.
        let most = if read == 1 { 4 } else { 5 };
        assert!(ahead <= most, "{ahead} chunks are under way after {read}");
        assert!(!(2..=16).contains(&read) || ahead >= 2, "{ahead} chunks are under way after {read}");
    }
    assert!(reader.next_chunk().await.unwrap().is_none());
    assert_eq!(script.count("get"), 20);
}

#[rstest]
#[case::larger(160_000, true)]
#[case::as_large(170_000, false)]
#[tokio::test]
async fn next_chunk_refuses_a_chunk_that_decodes_to_more_than_the_setting_allows_and_fetches_it_once(
    #[case] max_chunk_bytes: i64,
    #[case] is_refused: bool,
) {
    let (script, response) = announced_as(1, |_, _| {});
    let config = ResultConfig { max_chunk_bytes: Some(max_chunk_bytes), ..ResultConfig::default() };
    let response = serde_json::from_value(response).unwrap();
    let mut reader = ResultReader::open(Arc::clone(&script), response, &config, None, Arc::new(NoZone), 4).unwrap();
    match reader.next_chunk().await {
        Ok(chunk) => assert_eq!((chunk.unwrap().row_count, is_refused), (20_000, false)),
        Err(error) => {
            assert!(is_refused, "{error}");
            assert_eq!(error.code, Code::DataLoss);
            let details = "chunk 0 of the result is not usable: it decodes to more than 160000 bytes, \
                           the most that the session's max_chunk_bytes allows";
            assert_eq!(error.details, details);
        }
    }
    assert_eq!(script.count("get"), 1);
}

#[tokio::test(start_paused = true)]
async fn next_chunk_of_a_damaged_attachment_fails_at_once() {
    let begun = tokio::time::Instant::now();
    let attachment = json!({"chunk_index": 0, "row_count": 10, "attachment": base64(&compressed(&chunk(0, 9)))});
    let mut reader = open(&Arc::new(Script::new()), response(1, 10, attachment));
    assert_eq!(reader.next_chunk().await.unwrap_err().code, Code::DataLoss);
    assert!(begun.elapsed() < Duration::from_secs(1), "it was waited for");
}

#[rstest]
#[case::as_long_as_it_may_be(64 << 10, true)]
#[case::longer(2 << 20, false)]
#[tokio::test]
async fn next_chunk_refuses_a_body_that_is_far_longer_than_what_it_may_decode_to_and_fetches_it_once(
    #[case] skipped: u32,
    #[case] is_read: bool,
) {
    // A frame that readers skip.
    let head = [0x184D_2A50_u32.to_le_bytes(), skipped.to_le_bytes()].concat();
    let body = [head, vec![0; skipped as usize], compressed(&chunk(0, 10))].concat();
    let script = Arc::new(Script::new().fetch("a", Fetch::Body(body)));
    let config = ResultConfig { max_chunk_bytes: Some(64 << 10), ..ResultConfig::default() };
    let response = serde_json::from_value(response(1, 10, link(0, None))).unwrap();
    let mut reader = ResultReader::open(Arc::clone(&script), response, &config, None, Arc::new(NoZone), 4).unwrap();
    match reader.next_chunk().await {
        Ok(chunk) => assert_eq!((chunk.unwrap().row_count, is_read), (10, true)),
        Err(error) => {
            assert!(!is_read, "{error}");
            assert_eq!(error.code, Code::DataLoss);
            assert!(error.details.contains("its body is longer than"), "{}", error.details);
        }
    }
    assert_eq!(script.count("get"), 1);
}

#[rstest]
#[tokio::test]
async fn next_chunk_of_few_bytes_that_decode_to_very_many_is_refused(#[values(false, true)] is_attached: bool) {
    let body = compressed(&vec![0; 64 << 20]);
    assert!(body.len() < 1 << 20);
    let script = Arc::new(Script::new().fetch("a", Fetch::Body(body.clone())));
    let attachment = json!({"chunk_index": 0, "row_count": 10, "attachment": base64(&body)});
    let response = response(1, 10, if is_attached { attachment } else { link(0, None) });
    let config = ResultConfig { max_chunk_bytes: Some(1 << 20), ..ResultConfig::default() };
    let response = serde_json::from_value(response).unwrap();
    let mut reader = ResultReader::open(script, response, &config, None, Arc::new(NoZone), 4).unwrap();
    let error = reader.next_chunk().await.unwrap_err();
    assert_eq!(error.code, Code::DataLoss);
    assert!(error.details.contains("max_chunk_bytes"), "{}", error.details);
}
