//! How a page waits for its data: a skeleton first, then the data, or why there is none.

use leptos::prelude::*;

use super::failure::Failure;
use super::skeleton::Skeleton;
use crate::server_fns::Called;

/// Draws `draw` with the data once it is there. While other data is on its way, what was drawn stays.
pub fn loaded<T, V>(data: Resource<Called<T>>, draw: impl Fn(T) -> V + Clone + Send + Sync + 'static) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let content = move || {
        let draw = draw.clone();
        Suspend::new(async move {
            match data.await {
                Ok(data) => draw(data).into_any(),
                Err(error) => view! { <Failure problem=error.0/> }.into_any(),
            }
        })
    };
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>{content}</Transition>
    }
    .into_any()
}
