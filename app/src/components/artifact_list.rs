//! How are stored files listed? With a link to each, and the id by which a form takes it.

use baton_domain::wire::artifact::ArtifactView;
use leptos::prelude::*;

use super::icon::{Icon, Sign};
use crate::format;

/// Files to download.
#[component]
pub fn ArtifactList(
    /// The files.
    artifacts: Vec<ArtifactView>,
) -> impl IntoView {
    let rows: Vec<_> = artifacts
        .into_iter()
        .map(|artifact| {
            view! {
                <li class="py-1.5" data-testid="artifact">
                    <div class="flex items-center justify-between gap-3">
                        <a
                            class="flex min-w-0 items-center gap-1.5 text-accent hover:underline"
                            href=format!("/api/v1/artifacts/{}/content", artifact.id)
                            download=artifact.name.clone()
                            rel="external"
                        >
                            <Icon sign=Sign::Download/>
                            <span class="truncate">{artifact.name.clone()}</span>
                        </a>
                        <span class="shrink-0 text-12 text-muted" title=format!("SHA-256 {}", artifact.sha256)>
                            {artifact.media_type.clone()} ", " {format::bytes(artifact.size)}
                        </span>
                    </div>
                    // One click selects all of it, so that it can be copied into a form.
                    <code class="block select-all break-all font-mono text-12 text-muted" data-testid="artifact-id">
                        {artifact.id.to_string()}
                    </code>
                </li>
            }
        })
        .collect();
    view! { <ul class="divide-y divide-line text-13">{rows}</ul> }
}
