//! What does a step of a graph look like?

use baton_domain::task::TaskState;
use baton_domain::wire::workflow::WorkflowNode;
use leptos::prelude::*;

use super::{HEIGHT, LAYER, Pick};
use crate::components::icon::{Icon, Sign};
use crate::components::mark::Mark;
use crate::components::pill::state_colour;

const BOX: &str = "block size-full min-w-0 rounded-control border border-l-4 bg-raised px-2.5 py-1.5 text-left hover:bg-background \
                   aria-[current=true]:outline-2 aria-[current=true]:outline-offset-2 aria-[current=true]:outline-accent";

/// A step at its place.
#[component]
pub(super) fn NodeView(
    node: WorkflowNode,
    after: String,
    mark: Memo<Option<Mark>>,
    selected: Signal<Option<String>>,
    pick: Pick,
) -> impl IntoView {
    let place = format!("left:calc(var(--step) * {:.3});top:{}px;height:{HEIGHT}px;width:var(--step)", node.x, node.layer * LAYER);
    let class = move || {
        let colour = mark.with(|mark| mark.as_ref().map_or("border-line-strong", |mark| frame_colour(mark.look)));
        format!("{BOX} {colour}")
    };
    let id = StoredValue::new(node.id.clone());
    let current = move || selected.with(|selected| selected.as_ref() == Some(&id.get_value())).then_some("true");
    let state = move || mark.with(|mark| mark.as_ref().map(|mark| mark.state));
    let point = (!after.is_empty()).then(|| {
        view! {
            <svg class="absolute -top-1.5 left-1/2 size-2 -translate-x-1/2" viewBox="0 0 8 8" aria-hidden="true">
                <path d="M0 0h8L4 6.500z" class="fill-line-strong"></path>
            </svg>
        }
    });
    let about = node.uses.clone().unwrap_or_else(|| kind_words(&node.kind).to_owned());
    let content = content(&node, after, mark);
    let inside = match pick {
        Pick::Link(address) => match address(&node.id) {
            // What is opened is beside the graph: the page stays where it is.
            Some(href) => view! {
                <a
                    class=class
                    href=href
                    title=about
                    aria-current=current
                    data-noscroll=""
                    data-testid="graph-node"
                    data-id=node.id
                    data-state=state
                >
                    {content}
                </a>
            }
            .into_any(),
            None => view! {
                <div class=class title=about data-testid="graph-node" data-id=node.id data-state=state>
                    {content}
                </div>
            }
            .into_any(),
        },
        Pick::Press(told) => view! {
            <button
                type="button"
                class=class
                title=about
                aria-current=current
                data-testid="graph-node"
                data-id=node.id
                data-state=state
                on:click=move |_| {
                    told.try_run(id.get_value());
                }
            >
                {content}
            </button>
        }
        .into_any(),
    };
    view! {
        <li class="absolute px-2" style=place>
            {point}
            {inside}
        </li>
    }
    .into_any()
}

fn content(node: &WorkflowNode, after: String, mark: Memo<Option<Mark>>) -> AnyView {
    let flags = [(node.foreach, "each"), (node.conditional, "if"), (node.approve, "asks")];
    let flags: Vec<_> = flags
        .into_iter()
        .filter(|(has, _)| *has)
        .map(|(_, word)| view! { <span class="rounded-sm border border-line px-1 text-12 text-soft">{word}</span> })
        .collect();
    let kind = kind_words(&node.kind);
    let uses = node.uses.clone();
    // Where a state is shown, the kind is told by its sign.
    let below = move || match mark.get() {
        Some(mark) => {
            let pulse = if mark.look == TaskState::Running { "animate-pulse-slow" } else { "" };
            let class = format!("flex min-w-0 items-center gap-1 text-12 font-medium {}", state_colour(mark.look));
            view! {
                <span class=class>
                    <span class=pulse>
                        <Icon sign=Sign::of_state(mark.look) size="size-3"/>
                    </span>
                    <span class="truncate">{mark.words}</span>
                </span>
            }
            .into_any()
        }
        None => match uses.clone() {
            Some(uses) => view! { <span class="block truncate font-mono text-12 text-muted">{uses}</span> }.into_any(),
            None => view! { <span class="block truncate text-12 text-muted">{kind}</span> }.into_any(),
        },
    };
    view! {
        <span class="flex min-w-0 items-center gap-1.5 text-13 font-medium text-text">
            <Icon sign=kind_sign(&node.kind)/>
            <span class="sr-only">{format!("{kind}: ")}</span>
            <span class="min-w-0 flex-1 truncate">{node.label.clone()}</span>
            {flags}
        </span>
        {below}
        {(!after.is_empty()).then(|| view! { <span class="sr-only">{format!(", after {after}")}</span> })}
    }
    .into_any()
}

/// What a step of this kind is, in words.
pub(super) fn kind_words(kind: &str) -> &'static str {
    match kind {
        "skill" => "Skill",
        "workflow" => "Workflow",
        "decide" => "Decision",
        "signal" => "Waits for a signal",
        "delay" => "Waits for a time",
        "approve" => "Approval",
        _ => "Step",
    }
}

fn kind_sign(kind: &str) -> Sign {
    match kind {
        "workflow" => Sign::Flow,
        "decide" => Sign::Scale,
        "signal" => Sign::Topics,
        "delay" => Sign::Clock,
        "approve" => Sign::Hand,
        _ => Sign::Spark,
    }
}

/// The frame's colour; what has not begun is only hinted at.
const fn frame_colour(look: TaskState) -> &'static str {
    match look {
        TaskState::Queued => "border-dashed border-line-strong",
        TaskState::Assigned => "border-assigned",
        TaskState::Running => "border-running",
        TaskState::Waiting => "border-waiting",
        TaskState::Paused => "border-paused",
        TaskState::Completed => "border-completed",
        TaskState::Failed => "border-failed",
        TaskState::Canceled => "border-canceled",
        TaskState::Rejected => "border-rejected",
        TaskState::TimedOut => "border-timed-out",
    }
}
