//! What becomes of the pieces of an answer that is asked for again? Whoever reads them is told to begin anew.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::provider::Written;

/// The pieces of one request, whichever model writes them and how often.
pub(crate) struct Pieces<'a> {
    to: Written<'a>,
    /// Whether something was passed on that no answer has made good yet.
    open: AtomicBool,
}

impl<'a> Pieces<'a> {
    /// Pieces that go to whoever wants them.
    pub(crate) const fn new(to: Written<'a>) -> Self {
        Self { to, open: AtomicBool::new(false) }
    }

    /// Whether somebody wants them.
    pub(crate) const fn wanted(&self) -> bool {
        self.to.is_some()
    }

    /// A model is asked: what another try has written is void, and an empty piece says so.
    pub(crate) fn begin(&self) {
        if let Some(to) = self.to
            && self.open.swap(false, Ordering::Relaxed)
        {
            to("");
        }
    }

    /// A piece; an empty one says nothing.
    pub(crate) fn take(&self, piece: &str) {
        if let Some(to) = self.to
            && !piece.is_empty()
        {
            self.open.store(true, Ordering::Relaxed);
            to(piece);
        }
    }
}
