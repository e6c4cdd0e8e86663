//! What follows signals, made once for each type of value and not once for each place: the browser loads no copy for every page.

use leptos::prelude::*;

/// How a value comes from the one before.
type Follows<T> = Box<dyn Fn(Option<&T>) -> T + Send + Sync>;

/// A value that follows signals, and tells when it becomes another.
pub(crate) fn memo<T: PartialEq + Send + Sync + 'static>(of: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Memo<T> {
    let of: Follows<T> = Box::new(of);
    Memo::new(of)
}

/// What is done in the browser now, and again whenever a signal that was read in it tells.
pub(crate) fn effect(done: impl FnMut() + 'static) {
    let done: Box<dyn FnMut()> = Box::new(done);
    Effect::new(done);
}
