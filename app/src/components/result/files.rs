//! Which files came with the result?

use baton_domain::wire::artifact::ArtifactView;
use leptos::prelude::*;

use super::facts::heading;
use crate::format::bytes;

/// Links to the files; nothing where there are none.
pub(super) fn view(artifacts: &[ArtifactView]) -> Option<AnyView> {
    if artifacts.is_empty() {
        return None;
    }
    let items: Vec<_> = artifacts
        .iter()
        .map(|artifact| {
            let address = format!("/api/v1/artifacts/{}/content", artifact.id);
            view! {
                <li class="flex min-w-0 flex-wrap items-baseline gap-x-3">
                    // Not a page of the dashboard: the browser fetches it.
                    <a class="min-w-0 font-medium text-accent underline break-all" href=address rel="external" download=artifact.name.clone()>
                        {artifact.name.clone()}
                    </a>
                    <span class="text-12 text-muted">{artifact.media_type.clone()}</span>
                    <span class="font-mono text-12 text-muted tabular-nums">{bytes(artifact.size)}</span>
                </li>
            }
        })
        .collect();
    let part = view! {
        <section class="grid gap-2" aria-label="Files">
            {heading("Files")}
            <ul class="grid list-none gap-1 p-0 text-13">{items}</ul>
        </section>
    };
    Some(part.into_any())
}
