//! What did a task's attempts ask language models, and what came of it?

use baton_domain::id::TaskId;
use baton_domain::wire::model::ModelCallView;
use leptos::prelude::*;

use crate::components::card::Card;
use crate::components::times::RelativeTime;
use crate::format;
use crate::page_data::PageData;
use crate::server_fns::models::calls;

/// The calls; nothing at all for a task that asked no model. They are read anew when `moved` changes.
#[component]
pub(super) fn ModelCalls(id: TaskId, moved: Signal<usize>) -> impl IntoView {
    let data = PageData::later(move || moved.get(), move |_| calls(id));
    view! {
        <Transition>
            {move || {
                let calls = data.get()?.ok().filter(|calls| !calls.is_empty())?;
                let rows: Vec<_> = calls.into_iter().map(call).collect();
                Some(
                    view! {
                        <Card title="Model calls" test_id="model-calls">
                            <ol class="grid gap-2">{rows}</ol>
                        </Card>
                    },
                )
            }}
        </Transition>
    }
    .into_any()
}

fn call(call: ModelCallView) -> AnyView {
    let tokens = call.usage.prompt_tokens.saturating_add(call.usage.completion_tokens);
    let took = match (&call.failure, call.cached) {
        (Some(code), _) => code.clone(),
        (None, true) => "from memory".to_owned(),
        (None, false) => format!("{} tokens in {} ms", format::count(tokens), format::count(call.duration_ms)),
    };
    view! {
        <li data-testid="model-call">
            <details class="rounded-control border border-line px-3 py-1.5">
                <summary class="cursor-pointer text-13">
                    <span class="font-medium">{call.model}</span>
                    " · "
                    {took}
                    " · "
                    <RelativeTime at=call.at/>
                </summary>
                <p class="mt-2 text-12 text-muted">"Asked"</p>
                <pre class="max-h-64 overflow-auto font-mono text-12 whitespace-pre-wrap break-words" tabindex="0">{call.request}</pre>
                <p class="mt-2 text-12 text-muted">"Answered"</p>
                <pre class="max-h-64 overflow-auto font-mono text-12 whitespace-pre-wrap break-words" tabindex="0">{call.answer}</pre>
            </details>
        </li>
    }
    .into_any()
}
