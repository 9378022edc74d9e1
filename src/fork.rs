//! What a forked child may touch: it has its parent's memory, and of its parent's threads the one that forked.
//!
//! So it must never wait for a lock that another thread may have held. What belongs to the process is made anew in a child; what belongs to
//! an object is left alone there: its calls are refused, and its parts are never dropped.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Code, Error, Result};

/// The process that made an object. Its connections are useless after a fork, and its server state is the parent's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin(u32);

impl Origin {
    pub(crate) fn here() -> Self {
        Self(std::process::id())
    }

    /// Some other process.
    #[cfg(test)]
    pub(crate) fn elsewhere() -> Self {
        Self(0)
    }

    pub(crate) fn is_here(self) -> bool {
        self.0 == std::process::id()
    }

    pub(crate) fn check(self) -> Result<()> {
        if self.is_here() {
            Ok(())
        } else {
            Err(Error::new(
                Code::InvalidState,
                "the session was opened before this process was forked: open one of its own here",
            ))
        }
    }
}

/// A value of the whole process behind a lock, for a `static`: a forked child begins with a new one.
pub(crate) struct PerProcess<T: 'static>(AtomicPtr<Owned<T>>);

struct Owned<T> {
    origin: Origin,
    value: Mutex<T>,
}

impl<T: Default + Send> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// The value of this process. The lock is held by threads of this process alone.
    pub(crate) fn lock(&'static self) -> MutexGuard<'static, T> {
        lock(&self.owned().value)
    }

    /// As `lock`; none when another thread holds it.
    pub(crate) fn try_lock(&'static self) -> Option<MutexGuard<'static, T>> {
        self.owned().value.try_lock().ok()
    }

    fn owned(&'static self) -> &'static Owned<T> {
        let mut current = self.0.load(Ordering::Acquire);
        loop {
            // SAFETY: the pointer is null or comes from `Box::into_raw` below, and what was once stored is never freed.
            if let Some(owned) = unsafe { current.as_ref() }
                && owned.origin.is_here()
            {
                return owned;
            }
            let fresh = Box::into_raw(Box::new(Owned { origin: Origin::here(), value: Mutex::default() }));
            // A parent's value is left as it is: its lock may be held for ever here.
            match self.0.compare_exchange(current, fresh, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => current = fresh,
                Err(other) => {
                    // SAFETY: `fresh` was made above and nobody else has seen it.
                    drop(unsafe { Box::from_raw(fresh) });
                    current = other;
                }
            }
        }
    }
}

/// The content of `mutex`, also after a thread has panicked with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an object keeps behind a lock that is taken by calls which nothing else refuses in a forked child: there the
/// thread that held it may be missing.
pub(crate) struct Guarded<T> {
    origin: Origin,
    value: Mutex<T>,
}

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { origin: Origin::here(), value: Mutex::new(value) }
    }

    /// The content. Errors: `InvalidState` in a forked child.
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>> {
        self.origin.check()?;
        Ok(lock(&self.value))
    }

    /// The content, to look at; none in a forked child whose parent was changing it.
    pub(crate) fn look(&self) -> Option<MutexGuard<'_, T>> {
        if self.origin.is_here() { Some(lock(&self.value)) } else { self.value.try_lock().ok() }
    }
}

/// A part of an object that is dropped in the process that made it alone. In a forked child its drop could wait for a lock of a thread that
/// is not there, or speak on the parent's connections: there it is forgotten.
pub(crate) struct Local<T> {
    origin: Origin,
    value: ManuallyDrop<T>,
}

impl<T> Local<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { origin: Origin::here(), value: ManuallyDrop::new(value) }
    }

    pub(crate) fn is_here(&self) -> bool {
        self.origin.is_here()
    }
}

impl<T> Deref for Local<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Drop for Local<T> {
    fn drop(&mut self) {
        if self.origin.is_here() {
            // SAFETY: the value is dropped here alone, and `self` is not used after it.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

#[cfg(test)]
mod tests;
