use std::sync::Arc;

use super::*;

#[test]
fn one_value_serves_all_threads_of_a_process() {
    static COUNT: PerProcess<u32> = PerProcess::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| *COUNT.lock() += 1));
        }
    });
    assert_eq!(*COUNT.lock(), 4000);
}

#[test]
fn a_value_of_another_process_is_neither_waited_for_nor_seen() {
    static NAME: PerProcess<String> = PerProcess::new();
    let parents = Box::leak(Box::new(Owned { origin: Origin::elsewhere(), value: Mutex::new("parent".to_owned()) }));
    let held = parents.value.lock().unwrap();
    NAME.0.store(ptr::from_ref(parents).cast_mut(), Ordering::Release);
    assert_eq!(*NAME.lock(), "");
    NAME.lock().push_str("child");
    assert_eq!(NAME.try_lock().unwrap().as_str(), "child");
    assert_eq!(*held, "parent");
}

#[test]
fn a_part_is_dropped_where_it_was_made_alone() {
    let part = Arc::new(());
    drop(Local::new(Arc::clone(&part)));
    assert_eq!(Arc::strong_count(&part), 1);
    drop(Local { origin: Origin::elsewhere(), value: ManuallyDrop::new(Arc::clone(&part)) });
    assert_eq!(Arc::strong_count(&part), 2);
}

#[test]
fn what_an_object_keeps_is_refused_in_another_process_without_waiting() {
    let here = Guarded::new(1);
    *here.lock().unwrap() += 1;
    assert_eq!(here.look().as_deref(), Some(&2));
    let parents = Guarded { origin: Origin::elsewhere(), value: Mutex::new(1) };
    assert_eq!(parents.look().as_deref(), Some(&1));
    let _held = parents.value.lock().unwrap();
    assert_eq!(parents.lock().err().unwrap().code, Code::InvalidState);
    assert!(parents.look().is_none());
}
