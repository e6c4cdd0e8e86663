//! The fields of what a topic keeps and of how a subscription is served: filled in with what is stored, or empty where nothing is known yet; and what
//! is said once they were changed.

use baton_domain::topic::{DeliveryPolicy, Retention};
use leptos::html;
use leptos::prelude::*;

use crate::components::field::TextField;
use crate::form_action::FormAction;
use crate::reactive::effect;

/// A field: its name, its label, what is usual.
type Field = (&'static str, &'static str, &'static str);

const RETENTION: [Field; 2] = [("maximum_age_seconds", "Kept for, seconds", "604800"), ("maximum_messages", "Kept at once", "1000000")];

const POLICY: [Field; 5] = [
    ("ack_deadline_ms", "Time to acknowledge, ms", "30000"),
    ("maximum_deliveries", "Deliveries before it is dead", "5"),
    ("maximum_in_flight", "Unacknowledged at once", "1000"),
    ("backoff_initial_ms", "First wait, ms", "1000"),
    ("backoff_maximum_ms", "Longest wait, ms", "60000"),
];

/// Fields of a form that is mostly sent without them.
pub(super) fn folded(summary: &'static str, fields: AnyView) -> AnyView {
    view! {
        <details class="mt-3 rounded-control border border-line p-3">
            <summary class="text-13 font-medium">{summary}</summary>
            <p class="mb-3 mt-2 text-12 text-muted">"What is left empty is as usual; of what is there already, it stays as it is."</p>
            {fields}
        </details>
    }
    .into_any()
}

/// Says that a form was carried out, and takes the focus, which the form loses as it is drawn anew: it belongs outside of what is.
pub(super) fn changed<F: 'static>(action: FormAction<F>) -> AnyView {
    let said = NodeRef::<html::P>::new();
    effect(move || {
        let done = action.version().get() > 0 && action.is_done();
        if let Some(said) = said.get_untracked().filter(|_| done) {
            // What has no focus then is a page that is on its way out.
            let _ = said.focus();
        }
    });
    view! {
        <p class="text-13 text-soft" role="status" tabindex="-1" data-testid="changed" node_ref=said>
            {move || action.is_done().then_some("Changed.")}
        </p>
    }
    .into_any()
}

/// How long a topic keeps its messages.
pub(super) fn retention_fields(stored: Option<Retention>) -> AnyView {
    grid("keep-", &RETENTION, stored.as_ref().map(kept).as_ref().map(<[u64; 2]>::as_slice))
}

/// How a subscription is served.
pub(super) fn policy_fields(stored: Option<DeliveryPolicy>) -> AnyView {
    grid("serve-", &POLICY, stored.as_ref().map(served).as_ref().map(<[u64; 5]>::as_slice))
}

/// In the order of [`RETENTION`].
const fn kept(retention: &Retention) -> [u64; 2] {
    [retention.maximum_age_seconds, retention.maximum_messages]
}

/// In the order of [`POLICY`].
fn served(policy: &DeliveryPolicy) -> [u64; 5] {
    [
        policy.ack_deadline_ms,
        policy.maximum_deliveries.into(),
        policy.maximum_in_flight.into(),
        policy.backoff_initial_ms,
        policy.backoff_maximum_ms,
    ]
}

fn grid(form: &'static str, fields: &'static [Field], stored: Option<&[u64]>) -> AnyView {
    let fields: Vec<_> = fields
        .iter()
        .enumerate()
        .map(|(index, (name, label, usual))| {
            let value = stored.and_then(|stored| stored.get(index)).map(ToString::to_string).unwrap_or_default();
            view! { <TextField form name=*name label=*label kind="number" value placeholder=*usual/> }
        })
        .collect();
    view! { <div class="grid grid-cols-1 gap-3 sm:grid-cols-2 rail:grid-cols-3">{fields}</div> }.into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_usual_is_what_counts_without_them() {
        let usual = |fields: &[Field]| fields.iter().map(|(_, _, usual)| usual.parse::<u64>().unwrap()).collect::<Vec<_>>();
        assert_eq!(usual(&RETENTION), kept(&Retention::default()));
        assert_eq!(usual(&POLICY), served(&DeliveryPolicy::default()));
    }

    #[test]
    fn what_is_stored_is_filled_in_under_its_name() {
        let owner = Owner::new();
        let html = owner.with(|| {
            let policy = DeliveryPolicy {
                ack_deadline_ms: 101,
                maximum_deliveries: 2,
                maximum_in_flight: 3,
                backoff_initial_ms: 4,
                backoff_maximum_ms: 5,
            };
            policy_fields(Some(policy)).to_html()
                + &retention_fields(Some(Retention { maximum_age_seconds: 66, maximum_messages: 7 })).to_html()
        });
        let holds = |name: &str, value: &str| {
            let field = html.split('<').find(|tag| tag.contains(&format!("name=\"{name}\""))).unwrap_or_default();
            assert!(field.contains(&format!("value=\"{value}\"")), "{field}");
        };
        holds("ack_deadline_ms", "101");
        holds("maximum_deliveries", "2");
        holds("maximum_in_flight", "3");
        holds("backoff_initial_ms", "4");
        holds("backoff_maximum_ms", "5");
        holds("maximum_age_seconds", "66");
        holds("maximum_messages", "7");
    }
}
