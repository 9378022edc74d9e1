use super::*;

const MIB: u64 = 1 << 20;

fn line() -> Line {
    Line::new(32, (MIB, 4 * MIB), Arc::default())
}

#[tokio::test(start_paused = true)]
async fn window_grows_while_throughput_grows_and_no_further() {
    let line = line();
    line.answered(Duration::from_millis(1), true);
    // Each connection brings the same, so that more bring more.
    for window in [4, 8, 16] {
        assert_eq!(line.window(), window);
        tokio::time::advance(Duration::from_millis(20)).await;
        (0..window).for_each(|_| line.arrived(MIB, Duration::from_millis(20)));
    }
    assert_eq!(line.window(), 32);
    // Now they share what there is.
    let shared = Line::new(32, (MIB, 4 * MIB), Arc::default());
    shared.answered(Duration::from_millis(1), true);
    for _ in 0..10 {
        for _ in 0..shared.window() {
            tokio::time::advance(Duration::from_millis(5)).await;
            shared.arrived(MIB, Duration::from_millis(5));
        }
    }
    assert_eq!(shared.window(), 8);
}

#[tokio::test(start_paused = true)]
async fn long_line_has_as_many_connections_as_are_allowed_at_once() {
    let line = line();
    assert_eq!((line.window(), line.is_near()), (4, false));
    line.answered(Duration::from_millis(50), true);
    assert_eq!((line.window(), line.is_near(), line.is_long()), (32, false, true));
    let narrow = Line::new(3, (MIB, 4 * MIB), Arc::default());
    narrow.answered(Duration::from_millis(50), true);
    assert_eq!(narrow.window(), 3);
    // A busy machine answers late now and then; the line is as long as the shortest wait.
    line.answered(Duration::from_millis(1), true);
    assert!(line.is_near() && !line.is_long());
}

#[tokio::test(start_paused = true)]
async fn line_is_near_while_a_connection_brings_more_than_can_be_decoded() {
    let line = line();
    line.answered(Duration::from_millis(1), true);
    (0..20).for_each(|_| line.arrived(1000, Duration::from_millis(1)));
    line.arrived(MIB, Duration::from_millis(10));
    assert!(line.is_near(), "that is too little to tell");
    (0..20).for_each(|_| line.arrived(MIB, Duration::from_millis(1)));
    assert!(line.is_near());
    (0..20).for_each(|_| line.arrived(MIB, Duration::from_millis(10)));
    assert!(!line.is_near());
}

#[tokio::test(start_paused = true)]
async fn no_more_bodies_begin_than_can_be_decoded_until_the_line_is_known() {
    let line = line();
    assert_eq!(line.bodies(), threads().min(FIRST_WINDOW));
    let changed = line.changed();
    line.answered(Duration::from_millis(1), true);
    changed.await;
    assert_eq!(line.bodies(), FIRST_WINDOW);
    assert_eq!(Line::new(1, (MIB, 4 * MIB), Arc::default()).bodies(), 1);
}

#[tokio::test(start_paused = true)]
async fn part_takes_about_as_long_as_its_first_byte() {
    let line = line();
    assert_eq!(line.part_length(8 * MIB, 8), Some(2_000_000));
    line.answered(Duration::from_millis(50), true);
    assert_eq!(line.part_length(100 * MIB, 8), Some(2_500_000));
    assert_eq!(line.part_length(8 * MIB, 8), Some(2 * MIB), "each has four of the connections");
    assert_eq!(line.part_length(8 * MIB, 1), Some(MIB), "it is alone");
    (0..20).for_each(|_| line.arrived(MIB, Duration::from_secs(1)));
    assert_eq!(line.part_length(100 * MIB, 8), Some(MIB));
    line.answered(Duration::from_millis(50), false);
    assert_eq!(line.part_length(100 * MIB, 8), None);
}

#[tokio::test(start_paused = true)]
async fn connection_is_given_up_when_it_is_far_behind_the_others_and_not_for_ever() {
    let line = line();
    assert!(!line.is_straggling(1, Duration::from_secs(60), 0));
    line.arrived(MIB, Duration::from_millis(10));
    assert!(!line.is_straggling(1, Duration::from_millis(500), 0));
    assert!(line.is_straggling(MIB, Duration::from_secs(2), 0));
    assert!(!line.is_straggling(MIB, Duration::from_secs(2), GIVE_UPS));
    assert_eq!(line.patience(1), Some(Duration::from_secs(2)));
    assert_eq!(line.patience(GIVE_UPS), None);
}

#[tokio::test(start_paused = true)]
async fn line_begins_as_the_result_before_has_found_it_and_measures_anew() {
    let record = Arc::default();
    let next = || Line::new(32, (MIB, 4 * MIB), Arc::clone(&record));
    let first = next();
    first.answered(Duration::from_millis(50), true);
    first.arrived(MIB, Duration::from_millis(10));
    let second = next();
    assert_eq!((second.window(), second.bodies(), second.is_long()), (32, 32, true));
    assert!(second.probe().await.is_none());
    assert_eq!(second.part_length(100 * MIB, 8), first.part_length(100 * MIB, 8));
    // A longer wait replaces the record, a shorter one after it counts.
    second.answered(Duration::from_millis(80), true);
    second.answered(Duration::from_millis(60), true);
    assert_eq!(record.lock().unwrap().first_byte, Some(Duration::from_millis(60)));
    second.answered(Duration::from_millis(1), false);
    let third = next();
    assert_eq!((third.is_near(), third.bodies()), (true, FIRST_WINDOW));
    assert!(third.probe().await.is_some(), "what a store does not do is asked again");
}
