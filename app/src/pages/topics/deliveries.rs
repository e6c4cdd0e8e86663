//! Messages of a subscription in a person's hands: pulled, and then acknowledged or refused, one by one or all together.

use baton_domain::problem::Problem;
use baton_domain::wire::topic::{Delivery, PullRequest, Refusal, Settled};
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::payload;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL};
use crate::components::times::RelativeTime;
use crate::format;
use crate::reactive::memo;
use crate::server_fns::{Called, topics};
use crate::session::use_session;

/// The longest name of a consumer.
const LONGEST_CONSUMER: usize = 64;

/// What a person holds of one subscription, until the page is left.
#[derive(Debug, Clone, Copy)]
struct Hands {
    subscription: StoredValue<String>,
    consumer: StoredValue<String>,
    held: RwSignal<Vec<Delivery>>,
    /// What became of the last thing that was done.
    said: RwSignal<String>,
    problem: RwSignal<Option<Problem>>,
    busy: RwSignal<bool>,
    /// Called after anything was done: of what is in somebody's hands, no event tells.
    changed: Callback<()>,
    /// What was done may have taken the button away that did it: the focus goes to what was said.
    status: NodeRef<html::P>,
}

impl Hands {
    fn new(subscription: String, changed: Callback<()>) -> Self {
        // Others see by this name who holds a message.
        let consumer: String = use_session().label().chars().take(LONGEST_CONSUMER).collect();
        Self {
            subscription: StoredValue::new(subscription),
            consumer: StoredValue::new(consumer),
            held: RwSignal::new(Vec::new()),
            said: RwSignal::new(String::new()),
            problem: RwSignal::new(None),
            busy: RwSignal::new(false),
            changed,
            status: NodeRef::new(),
        }
    }

    fn pull(self, maximum: u32) {
        let request = PullRequest { consumer: self.consumer.get_value(), maximum, wait_seconds: 0 };
        let asked = topics::pull(self.subscription.get_value(), request);
        self.run(asked, move |pulled| {
            let text = match pulled.items.len() {
                0 => "No message waits.".to_owned(),
                1 => "1 message pulled.".to_owned(),
                count => format!("{count} messages pulled."),
            };
            self.held.try_update(|held| held.extend(pulled.items));
            text
        });
    }

    fn acknowledge(self, ack_ids: Vec<String>) {
        let asked = topics::acknowledge(self.subscription.get_value(), ack_ids.clone());
        self.run(asked, move |settled| self.let_go(&ack_ids, &settled, "acknowledged"));
    }

    fn refuse(self, ack_ids: Vec<String>) {
        let refusal = Refusal { ack_ids: ack_ids.clone(), delay_ms: None };
        let asked = topics::refuse(self.subscription.get_value(), refusal);
        self.run(asked, move |settled| self.let_go(&ack_ids, &settled, "refused"));
    }

    fn let_go(self, ack_ids: &[String], settled: &Settled, done: &str) -> String {
        self.held.try_update(|held| held.retain(|delivery| !ack_ids.contains(&delivery.ack_id)));
        let late = match settled.late.len() {
            0 => String::new(),
            1 => " 1 came after its deadline, and changed nothing.".to_owned(),
            late => format!(" {late} came after their deadline, and changed nothing."),
        };
        format!("{} {done}.{late}", format::count(settled.settled.into()))
    }

    fn run<T: 'static>(self, asked: impl Future<Output = Called<T>> + 'static, then: impl FnOnce(T) -> String + 'static) {
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let answer = asked.await;
            // The page may have been left meanwhile.
            self.busy.try_set(false);
            match answer {
                Ok(answer) => {
                    self.said.try_set(then(answer));
                    self.changed.try_run(());
                    if let Some(Some(status)) = self.status.try_get_untracked() {
                        // What has no focus then is a page that is on its way out.
                        let _ = status.focus();
                    }
                }
                Err(error) => {
                    self.problem.try_set(Some(error.0));
                }
            }
        });
    }

    fn all(self) -> Vec<String> {
        self.held.with_untracked(|held| held.iter().map(|delivery| delivery.ack_id.clone()).collect())
    }
}

/// The controls of a consumer, for who looks into a subscription by hand.
#[component]
pub(super) fn Deliveries(subscription: String, changed: Callback<()>) -> impl IntoView {
    let hands = Hands::new(subscription, changed);
    let maximum = NodeRef::<html::Input>::new();
    let pull = move |event: SubmitEvent| {
        event.prevent_default();
        // The field refuses what is no number; what is too large, the service does.
        let wanted = maximum.get_untracked().and_then(|field| field.value().trim().parse().ok());
        hands.pull(wanted.unwrap_or(1));
    };
    let several = memo(move |_| hands.held.with(|held| held.len() > 1));
    let both = move || {
        several.get().then(|| {
            [("acknowledge-all", "Acknowledge all", Hands::acknowledge as fn(Hands, Vec<String>)), ("refuse-all", "Refuse all", Hands::refuse)]
                .map(|(test_id, label, act)| {
                    view! {
                        <button type="button" class=Kind::Plain.class() disabled=hands.busy data-testid=test_id on:click=move |_| act(hands, hands.all())>
                            {label}
                        </button>
                    }
                })
                .into_iter()
                .collect_view()
        })
    };
    view! {
        <Card title="Take messages" test_id="deliveries">
            <div class="space-y-3">
                <p class="max-w-prose text-13 text-soft">
                    "What you pull is yours until its deadline, and no other consumer is given it. Acknowledge what is done; what you refuse
                    is delivered again, or becomes a dead letter."
                </p>
                <LastProblem problem=hands.problem/>
                <form class="flex flex-wrap items-end gap-3" on:submit=pull>
                    <div>
                        <label class=LABEL for="field-pull-maximum">
                            "At most"
                        </label>
                        <input
                            id="field-pull-maximum"
                            node_ref=maximum
                            class=format!("{CONTROL} max-w-28")
                            type="number"
                            min="1"
                            max="500"
                            value="10"
                            required=true
                        />
                    </div>
                    <Button submits=true kind=Kind::Primary test_id="pull" disabled=hands.busy>
                        "Pull"
                    </Button>
                    {both}
                    <p class="min-w-0 self-center text-13 text-soft" role="status" aria-live="polite" tabindex="-1" data-testid="deliveries-status" node_ref=hands.status>
                        {hands.said}
                    </p>
                </form>
                <ol class="divide-y divide-line" aria-label="Messages in your hands">
                    <For each=move || hands.held.get() key=|delivery| delivery.ack_id.clone() let(delivery)>
                        <Held hands delivery/>
                    </For>
                </ol>
            </div>
        </Card>
    }
    .into_any()
}

/// One message, and what can be done about it.
#[component]
fn Held(hands: Hands, delivery: Delivery) -> impl IntoView {
    let Delivery { ack_id, delivery, deadline_at, message } = delivery;
    let text = payload(&message.payload);
    let again = if delivery > 1 { format!(", delivery {delivery}") } else { String::new() };
    let which = format!(" #{}", message.seq);
    let button = |test_id, label, kind: Kind, act: fn(Hands, Vec<String>)| {
        let (ack_id, which) = (ack_id.clone(), which.clone());
        view! {
            <button type="button" class=kind.class() disabled=hands.busy data-testid=test_id on:click=move |_| act(hands, vec![ack_id.clone()])>
                {label}
                <span class="sr-only">{which}</span>
            </button>
        }
    };
    view! {
        <li class="min-w-0 space-y-1 py-2" data-testid="delivery" data-seq=message.seq.to_string()>
            <div class="flex flex-wrap items-center justify-between gap-2">
                <p class="min-w-0 break-words text-12 text-muted">
                    {format!("#{} of {}{again}, deadline ", message.seq, message.topic)}
                    <RelativeTime at=deadline_at/>
                </p>
                <div class="flex gap-2">
                    {button("acknowledge", "Acknowledge", Kind::Plain, Hands::acknowledge)}
                    {button("refuse", "Refuse", Kind::Quiet, Hands::refuse)}
                </div>
            </div>
            {text}
        </li>
    }
    .into_any()
}
