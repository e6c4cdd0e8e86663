//! How does a page stay true that shows more than events tell? It is read anew a moment after an event about it, and changes in its place.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::EventSeq;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Following, LiveEvent, Notice, OneAtATime, Refresh, use_live};
use crate::reactive::effect;
use crate::server_fns::Called;

/// How long after an event data is read: what is committed together is read together.
const SETTLE: Duration = Duration::from_millis(250);

type Reading<T> = Pin<Box<dyn Future<Output = Called<T>>>>;

/// Data that is read anew.
pub struct Fresh<T: Send + Sync + 'static> {
    value: RwSignal<T>,
    inner: StoredValue<Arc<Inner<T>>>,
    following: StoredValue<Option<Following>>,
}

impl<T: Send + Sync + 'static> Clone for Fresh<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Fresh<T> {}

impl<T: Send + Sync + 'static> std::fmt::Debug for Fresh<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fresh")
    }
}

struct Inner<T> {
    as_of: fn(&T) -> EventSeq,
    read: Box<dyn Fn() -> Reading<T> + Send + Sync>,
    refresh: Refresh,
    turns: OneAtATime,
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Fresh<T> {
    /// Follows what was read with the page. `concerns` says which events are about it, `read` reads it again.
    pub fn new<F>(
        value: T,
        as_of: fn(&T) -> EventSeq,
        concerns: impl Fn(&LiveEvent) -> bool + Send + Sync + 'static,
        read: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Called<T>> + 'static,
    {
        let since = as_of(&value);
        let read = Box::new(move || Box::pin(read()) as Reading<T>);
        let inner = Arc::new(Inner { as_of, read, refresh: Refresh::default(), turns: OneAtATime::default() });
        let fresh = Self { value: RwSignal::new(value), inner: StoredValue::new(inner), following: StoredValue::new(None) };
        let concerns = StoredValue::new(Arc::new(concerns));
        let live = use_live();
        effect(move || {
            let following = live.follow(since, None, move |notice| {
                let Some(concerns) = concerns.try_get_value() else { return };
                match notice {
                    Notice::Event(event) if concerns(event) => fresh.soon(),
                    Notice::Stale => fresh.soon(),
                    Notice::Event(_) | Notice::Transient(_) => {}
                }
            });
            fresh.following.set_value(Some(following));
        });
        fresh
    }

    /// What is known now.
    #[must_use]
    pub const fn value(self) -> RwSignal<T> {
        self.value
    }

    fn soon(self) {
        if let Some(inner) = self.inner.try_get_value() {
            inner.refresh.after(SETTLE, move || self.read());
        }
    }

    /// Reads it now, as after something was done here. What is said of it by events comes anyway.
    pub fn read(self) {
        let Some(inner) = self.inner.try_get_value() else { return };
        if !inner.turns.start() {
            return;
        }
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why.
            if let Ok(value) = (inner.read)().await {
                let as_of = (inner.as_of)(&value);
                if self.value.try_with_untracked(|known| *known != value) == Some(true) {
                    self.value.try_set(value);
                }
                if let Some(Some(following)) = self.following.try_get_value() {
                    following.restart(as_of);
                }
            }
            if inner.turns.ended() {
                self.read();
            }
        });
    }
}
