//! How many live connections there may be, in all and of one user or key.

use std::collections::HashMap;
use std::sync::Arc;

use baton_domain::problem::{Code, Problem};
use baton_domain::user::Caller;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places for live connections.
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    most_each: usize,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

/// The place of one connection; free again when dropped.
pub(crate) struct Slot {
    owner: String,
    open: Arc<Mutex<HashMap<String, usize>>>,
    _place: OwnedSemaphorePermit,
}

impl Connections {
    pub(crate) fn new(most: usize, most_each: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))), most_each, open: Arc::default() }
    }

    /// A place, or `REQUEST-007`.
    pub(crate) fn admit(&self, caller: &Caller) -> Result<Slot, Problem> {
        let full = |detail: &str| Problem::new(Code::TooManyRequests, detail).retry_after(5);
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| full("The server has as many live connections as it takes; come back in a moment."))?;
        let owner = caller.principal.tag();
        {
            let mut open = self.open.lock();
            let count = open.entry(owner.clone()).or_default();
            if *count >= self.most_each {
                return Err(full("Close some of your live connections first."));
            }
            *count += 1;
        }
        Ok(Slot { owner, open: Arc::clone(&self.open), _place: place })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        if let Some(count) = open.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::user::Principal;

    #[test]
    fn a_place_is_free_again_when_its_connection_is_gone() {
        let connections = Connections::new(3, 2);
        let system = Caller::system();
        let nobody = Caller { principal: Principal::Anonymous, ..Caller::system() };
        let first = connections.admit(&system).unwrap();
        let _second = connections.admit(&system).unwrap();
        assert!(connections.admit(&system).is_err(), "two each");
        let _third = connections.admit(&nobody).unwrap();
        let refused = connections.admit(&nobody).err().unwrap();
        assert!(refused.is(Code::TooManyRequests) && refused.retry_after.is_some(), "three in all");
        drop(first);
        let _again = connections.admit(&system).unwrap();
    }

    #[test]
    fn refusals_leave_nothing_behind() {
        let connections = Connections::new(1, 1);
        let kept = connections.admit(&Caller::system()).unwrap();
        for _ in 0..100 {
            assert!(connections.admit(&Caller::anonymous()).is_err());
        }
        drop(kept);
        assert!(connections.open.lock().is_empty());
    }
}
