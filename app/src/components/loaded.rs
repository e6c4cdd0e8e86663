//! How a page waits for its data: a skeleton first, then the data, or why there is none.

use std::sync::Arc;

use leptos::prelude::*;

use super::failure::Failure;
use super::skeleton::Skeleton;
use crate::page_data::{Data, Kept, PageData, Text};

/// Draws `draw` with the data once it is there. While other data is on its way, what was drawn stays.
pub fn loaded<T: Data, V: IntoView + 'static>(data: PageData<T>, draw: impl Fn(T) -> V + Send + Sync + 'static) -> AnyView {
    shown(
        data.kept(),
        Arc::new(move |kept| match kept.read::<T>() {
            Ok(data) => draw(data).into_any(),
            Err(error) => view! { <Failure problem=error.0/> }.into_any(),
        }),
    )
}

/// One for all types of data, so that the browser loads it once.
fn shown(data: Resource<Kept, Text>, draw: Arc<dyn Fn(Kept) -> AnyView + Send + Sync>) -> AnyView {
    let content = move || {
        let draw = Arc::clone(&draw);
        Suspend::new(async move { draw(data.await) })
    };
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>{content}</Transition>
    }
    .into_any()
}
