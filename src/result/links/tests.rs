use rstest::rstest;

use super::*;

const NOW: &str = "2026-09-01T12:00:00Z";

fn now() -> SystemTime {
    DateTime::parse_from_rfc3339(NOW).unwrap().into()
}

fn link(index: i64, next: Option<i64>) -> ExternalLink {
    ExternalLink {
        chunk_index: Some(index),
        row_count: Some(10),
        next_chunk_index: next,
        external_link: format!("https://store.example/{index}"),
        expiration: Some("2026-09-01T12:15:00.000Z".to_owned()),
        ..Default::default()
    }
}

fn links_of(links: Vec<ExternalLink>) -> ResultData {
    ResultData { external_links: links, ..Default::default() }
}

fn reply(links: &[(i64, Option<i64>)]) -> ResultData {
    links_of(links.iter().map(|(index, next)| link(*index, *next)).collect())
}

/// The links of a result with this chunk count after its first reply.
fn opened(chunk_count: Option<i64>, closed: bool, first: ResultData) -> Result<Links> {
    Links::new(Extent { row_count: None, chunk_count }, Offsets::default(), closed, first)
}

/// What the links wait for: the index of what is ready, or of what is to be asked for.
fn step(links: &Links) -> (Option<i64>, Option<i64>) {
    let ready = match links.head(now()) {
        Head::Ready(piece) => Some(piece.index),
        Head::Missing | Head::End => None,
    };
    (ready, links.wanted(now(), 4))
}

#[rstest]
#[case::one_of_three(Some(3), reply(&[(0, Some(1))]), (Some(0), Some(1)))]
#[case::two_of_three(Some(3), reply(&[(0, Some(1)), (1, Some(2))]), (Some(0), Some(2)))]
#[case::last_without_next(Some(3), reply(&[(0, Some(1)), (1, None)]), (Some(0), Some(2)))]
#[case::all(Some(2), reply(&[(0, Some(1)), (1, None)]), (Some(0), None))]
#[case::gap(Some(3), reply(&[(0, Some(1)), (2, None)]), (Some(0), Some(1)))]
#[case::beyond_the_count(Some(1), reply(&[(0, Some(1)), (1, Some(2))]), (Some(0), None))]
#[case::far_enough_ahead(Some(9), reply(&[(0, Some(1)), (1, Some(2)), (2, Some(3)), (3, Some(4))]), (Some(0), None))]
#[case::nothing_yet(Some(2), ResultData::default(), (None, Some(0)))]
#[case::no_chunks(Some(0), ResultData::default(), (None, None))]
#[case::uncounted_none(None, ResultData::default(), (None, None))]
#[case::uncounted_last(None, reply(&[(0, Some(1)), (1, None)]), (Some(0), None))]
#[case::uncounted_from_the_last_link(None, reply(&[(0, Some(1)), (1, Some(2))]), (Some(0), Some(2)))]
#[case::inline_goes_on_at_the_top(
    None,
    ResultData { attachment: Some(String::new()), next_chunk_index: Some(1), ..Default::default() },
    (Some(0), None)
)]
fn wanted_after_the_first_reply(
    #[case] count: Option<i64>,
    #[case] first: ResultData,
    #[case] expected: (Option<i64>, Option<i64>),
) {
    assert_eq!(step(&opened(count, false, first).unwrap()), expected);
}

#[rstest]
#[case::counted(Some(5))]
#[case::uncounted(None)]
fn take_head_hands_out_every_chunk_once_and_in_order(#[case] count: Option<i64>) {
    let replies =
        [reply(&[(0, Some(1))]), reply(&[(1, Some(2)), (2, Some(3))]), reply(&[(3, Some(4))]), reply(&[(4, None)])];
    let mut replies = replies.into_iter();
    let mut links = opened(count, false, replies.next().unwrap()).unwrap();
    let mut taken = Vec::new();
    let mut asked = Vec::new();
    loop {
        match links.head(now()) {
            Head::Ready(_) => taken.push(links.take_head().unwrap().index),
            Head::End => break,
            Head::Missing => {
                let index = links.wanted(now(), 4).unwrap();
                asked.push(index);
                links.absorb(replies.next().unwrap(), Some(index)).unwrap();
            }
        }
    }
    assert_eq!(taken, [0, 1, 2, 3, 4]);
    assert_eq!(asked, [1, 3, 4]);
}

#[test]
fn inline_chunks_are_asked_for_one_by_one() {
    let inline = |index: i64, next| ResultData {
        chunk_index: Some(index),
        row_count: Some(2),
        next_chunk_index: next,
        data_array: Some(TextRows(vec![vec![None]])),
        ..Default::default()
    };
    let mut links = opened(None, false, inline(0, Some(1))).unwrap();
    let piece = links.take_head().unwrap();
    assert_eq!((piece.index, piece.row_count), (0, Some(2)));
    assert!(matches!(piece.source, Source::Rows(_)));
    assert_eq!(step(&links), (None, Some(1)));
    links.absorb(inline(1, None), Some(1)).unwrap();
    assert_eq!(links.take_head().unwrap().index, 1);
    assert!(matches!(links.head(now()), Head::End));
}

#[rstest]
#[case("2026-09-01T12:01:00.001Z", false)]
#[case("2026-09-01T12:01:00.000Z", true)]
#[case("2026-09-01T14:00:59+02:00", true)]
#[case("2026-09-01 12:00:59", false)]
#[case("1788264000", false)]
#[case("", false)]
#[case("some day", false)]
fn head_is_missing_when_its_link_ends_within_a_minute(#[case] expiration: &str, #[case] is_stale: bool) {
    let stale = ExternalLink { expiration: Some(expiration.to_owned()), ..link(0, None) };
    let mut links = opened(Some(1), false, links_of(vec![stale.clone()])).unwrap();
    assert_eq!(matches!(links.head(now()), Head::Missing), is_stale);
    assert_eq!(links.wanted(now(), 4), is_stale.then_some(0));
    // A link that was asked for is used, however the clocks differ.
    links.absorb(links_of(vec![stale]), Some(0)).unwrap();
    assert_eq!(step(&links), (Some(0), None));
}

#[rstest]
#[case("2026-09-01T12:00:30Z", true)]
#[case("2026-09-01T11:59:59Z", false)]
fn keep_uses_a_link_that_has_not_yet_expired(#[case] expiration: &str, #[case] kept: bool) {
    let stale = ExternalLink { expiration: Some(expiration.to_owned()), ..link(0, None) };
    let mut links = opened(Some(1), false, links_of(vec![stale])).unwrap();
    assert_eq!(links.keep(0, now()), kept);
    assert_eq!(matches!(links.head(now()), Head::Ready(_)), kept);
}

#[test]
fn take_again_gives_the_fresh_link_of_a_chunk_that_was_handed_out() {
    let mut links = opened(None, false, reply(&[(0, Some(1)), (1, Some(2)), (2, None)])).unwrap();
    links.take_head().unwrap();
    links.take_head().unwrap();
    assert!(links.take_again(0).is_none());
    // The reply also names chunks that were handed out or are held: they are not handed out twice.
    links.absorb(reply(&[(0, Some(1)), (1, Some(2)), (2, None)]), Some(0)).unwrap();
    assert_eq!(links.take_again(0).unwrap().index, 0);
    assert!(links.take_again(1).is_none());
    assert_eq!(links.take_head().unwrap().index, 2);
    assert!(matches!(links.head(now()), Head::End));
}

#[rstest]
#[case::other_chunk(reply(&[(2, None)]))]
#[case::nothing(ResultData::default())]
#[case::no_url(links_of(vec![ExternalLink { external_link: String::new(), ..link(1, None) }]))]
fn absorb_of_a_reply_without_the_chunk_is_data_loss(#[case] answer: ResultData) {
    let mut links = opened(Some(3), false, reply(&[(0, Some(1))])).unwrap();
    let error = links.absorb(answer, Some(1)).unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, "the server has no link for chunk 1 of 3"));
}

#[test]
fn a_link_without_a_url_is_asked_for() {
    let without = |index, next| ExternalLink { external_link: String::new(), ..link(index, next) };
    let mut links = opened(None, false, links_of(vec![link(0, Some(1)), without(1, Some(2))])).unwrap();
    links.take_head().unwrap();
    assert_eq!(step(&links), (None, Some(1)));
    links.absorb(reply(&[(1, Some(2))]), Some(1)).unwrap();
    assert_eq!(step(&links), (Some(1), Some(2)));
}

#[rstest]
#[case::of_the_link(r#"{"external_links": [{"external_link": "u", "next_chunk_index": 1}]}"#)]
#[case::of_the_reply(r#"{"external_links": [{"external_link": "u"}], "next_chunk_index": "1"}"#)]
#[case::by_the_call(r#"{"external_links": [{"external_link": "u", "next_chunk_internal_link": "/api/2.0/sql/statements/s/result/chunks/1?row_offset=10"}]}"#)]
#[case::by_the_call_of_the_reply(
    r#"{"data_array": [], "next_chunk_internal_link": "/api/2.0/sql/statements/s/result/chunks/1"}"#
)]
fn what_follows_a_chunk_is_read_wherever_it_stands(#[case] first: &str) {
    let mut links = opened(None, false, serde_json::from_str(first).unwrap()).unwrap();
    links.take_head().unwrap();
    assert_eq!(step(&links), (None, Some(1)));
}

#[test]
fn absorb_of_another_offset_than_was_announced_is_data_loss() {
    let at = |row_offset| ExternalLink { row_offset: Some(row_offset), ..link(0, None) };
    let mut links = opened(Some(1), false, links_of(vec![at(0)])).unwrap();
    let error = links.absorb(links_of(vec![at(9)]), Some(0)).unwrap_err();
    let details = "the server says that chunk 0 of the result begins at row 9, and said 0 before";
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
}

/// A reply with both a link and something else for chunks from 0 on.
fn linked_and(other: ResultData) -> ResultData {
    ResultData { external_links: vec![link(0, None)], ..other }
}

#[rstest]
#[case::back(reply(&[(0, Some(0))]), "the server names chunk 0 and then an earlier one")]
#[case::cycle(reply(&[(0, Some(1)), (1, Some(0))]), "the server names chunk 1 and then an earlier one")]
#[case::gap(reply(&[(0, Some(2))]), "the server names chunk 2 and leaves out chunk 1")]
#[case::twice(reply(&[(0, None), (0, None)]), "the server sent chunk 0 twice in one reply")]
#[case::link_and_attachment(
    linked_and(ResultData { attachment: Some(String::new()), ..Default::default() }),
    "the server sent chunk 0 twice in one reply"
)]
#[case::link_and_rows(
    linked_and(ResultData { data_array: Some(TextRows(vec![vec![]])), ..Default::default() }),
    "the server sent chunk 0 twice in one reply"
)]
#[case::negative_rows(
    ResultData { attachment: Some(String::new()), row_count: Some(-1), ..Default::default() },
    "the server announced a row_count of -1"
)]
#[case::below_0(reply(&[(-1, None)]), "the server names a chunk whose index is below 0 or beyond all bounds")]
#[case::beyond(reply(&[(i64::MAX, None)]), "the server names a chunk whose index is below 0 or beyond all bounds")]
#[case::behind_the_last(
    links_of(vec![link(i64::MAX, None), ExternalLink { chunk_index: None, ..link(0, None) }]),
    "the server names a chunk whose index is below 0 or beyond all bounds"
)]
#[case::beyond_next(
    reply(&[(i64::MAX - 1, Some(i64::MAX))]),
    "the server names a chunk whose index is below 0 or beyond all bounds"
)]
fn absorb_of_what_cannot_be_a_result_is_data_loss(#[case] first: ResultData, #[case] details: &str) {
    let error = opened(None, false, first).err().unwrap();
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
}

#[test]
fn absorb_takes_no_rows_beside_a_link_for_none() {
    let first = linked_and(ResultData { data_array: Some(TextRows(vec![])), ..Default::default() });
    assert_eq!(step(&opened(None, false, first).unwrap()), (Some(0), None));
}

#[test]
fn a_chunk_between_two_of_an_uncounted_result_is_asked_for() {
    let mut links = opened(None, false, reply(&[(0, None), (2, None)])).unwrap();
    links.take_head().unwrap();
    assert_eq!(step(&links), (None, Some(1)));
    let error = links.absorb(reply(&[(2, None)]), Some(1)).unwrap_err();
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, "the server has no link for chunk 1"));
}

#[rstest]
#[case::none(0, &[])]
#[case::one(10, &[0])]
#[case::one_and_a_part(11, &[0, 1])]
fn no_chunk_comes_behind_the_one_that_completes_the_rows(#[case] row_count: i64, #[case] expected: &[i64]) {
    let extent = Extent { row_count: Some(row_count), chunk_count: None };
    let mut links =
        Links::new(extent, Offsets::default(), false, reply(&[(0, Some(1)), (1, Some(2)), (2, Some(3))])).unwrap();
    let mut taken = Vec::new();
    while let Head::Ready(_) = links.head(now()) {
        assert_eq!(links.wanted(now(), 9), None);
        taken.push(links.take_head().unwrap().index);
    }
    assert!(matches!(links.head(now()), Head::End));
    assert_eq!(taken, expected);
}

#[test]
fn ten_thousand_links_of_one_reply_are_handed_out_in_order() {
    let links: Vec<_> = (0..10_000).rev().map(|index| link(index, None)).collect();
    let mut links = opened(Some(10_000), false, links_of(links)).unwrap();
    for index in 0..10_000 {
        assert_eq!(links.wanted(now(), 16), None);
        assert_eq!(links.take_head().unwrap().index, index);
    }
    assert!(matches!(links.head(now()), Head::End));
}

#[test]
fn refusal_of_a_closed_statement_names_the_missing_chunk() {
    let mut links = opened(Some(2), true, reply(&[(0, Some(1))])).unwrap();
    assert_eq!(step(&links), (Some(0), None));
    links.take_head().unwrap();
    assert_eq!(step(&links), (None, Some(1)));
    let error = links.refusal().unwrap();
    assert_eq!(error.details, "the server closed the statement before chunk 1 of 2 was read");
    assert!(opened(Some(2), false, ResultData::default()).unwrap().refusal().is_none());
}

#[test]
fn call_failed_with_not_found_is_data_loss() {
    let links = opened(Some(2), false, ResultData::default()).unwrap();
    let error = links.call_failed(1, Error::new(Code::NotFound, "no such chunk"));
    let details = "chunk 1 of 2 of the result is not on the server any more";
    assert_eq!((error.code, error.details.as_str()), (Code::DataLoss, details));
    let error = links.call_failed(1, Error::new(Code::Timeout, "too late"));
    assert_eq!(error.code, Code::Timeout);
}
