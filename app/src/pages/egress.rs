//! Where agents may reach out to: a part of the page of connections, shown to who operates, set by administrators.

use baton_domain::wire::egress::EgressView;
use leptos::prelude::*;

use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL, TextField, escaped};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::server_fns::egress::SetEgress;

const TERM: &str = "text-12 text-muted";
const VALUE: &str = "break-words font-mono text-13 tabular-nums";

/// The rules, what the server was started with, and the form that sets them.
pub(super) fn rules(view: EgressView, may: bool, set: FormAction<SetEgress>) -> AnyView {
    let EgressView { rules, bounds, updated_at, updated_by } = view;
    let list = |hosts: &[String], none: &str| if hosts.is_empty() { none.to_owned() } else { hosts.join(", ") };
    let within =
        |own: Option<u64>, started: u64, unit: &str| format!("{}{unit}", format::count(own.map_or(started, |own| own.min(started))));
    let both =
        |own: String, started: &[String]| if started.is_empty() { own } else { format!("{own}; by the server {}", started.join(", ")) };
    let shown = [
        ("Allowed", both(list(&rules.allow, "all public hosts"), &bounds.allow)),
        ("Denied", both(list(&rules.deny, "none"), &bounds.deny)),
        ("Private hosts, by the server", list(&bounds.private_hosts, "none")),
        ("An answer at most", within(rules.maximum_bytes, bounds.maximum_bytes, " bytes")),
        ("An exchange at most", within(rules.timeout_ms, bounds.timeout_ms, " ms")),
        ("Redirects at most", within(rules.maximum_redirects.map(u64::from), bounds.maximum_redirects.into(), "")),
    ];
    let shown: Vec<_> = shown
        .into_iter()
        .map(|(term, value)| {
            view! {
                <div class="min-w-0">
                    <dt class=TERM>{term}</dt>
                    <dd class=VALUE>{value}</dd>
                </div>
            }
        })
        .collect();
    let number = |limit: Option<u64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
    view! {
        <Card title="Where agents may reach out to">
            <dl class="grid grid-cols-1 gap-3 sm:grid-cols-3" data-testid="egress">
                {shown}
            </dl>
            {updated_at
                .map(|at| {
                    view! {
                        <p class="mt-2 text-12 text-muted">
                            "Set "
                            <RelativeTime at=at/>
                            {updated_by.map(|by| format!(" by {by}"))}
                        </p>
                    }
                })}
            {may
                .then(|| {
                    view! {
                        <div class="mt-4">
                            <ActionForm action=set>
                                <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                                    {area("allow", "Only these hosts", &rules.allow)}
                                    {area("deny", "Not these hosts", &rules.deny)}
                                </div>
                                <p class="my-2 text-12 text-muted">
                                    "One a line: example.org, or *.example.org for those below it. What is denied stays denied. Rules narrow what the server was started with, and loosen nothing."
                                </p>
                                <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[1fr_1fr_1fr_auto]">
                                    <TextField
                                        form="egress-"
                                        name="maximum_bytes"
                                        label="Bytes of an answer"
                                        value=number(rules.maximum_bytes)
                                        autocomplete="off"
                                        placeholder="as the server"
                                    />
                                    <TextField
                                        form="egress-"
                                        name="timeout_ms"
                                        label="Milliseconds of an exchange"
                                        value=number(rules.timeout_ms)
                                        autocomplete="off"
                                        placeholder="as the server"
                                    />
                                    <TextField
                                        form="egress-"
                                        name="maximum_redirects"
                                        label="Redirects"
                                        value=number(rules.maximum_redirects.map(u64::from))
                                        autocomplete="off"
                                        placeholder="as the server"
                                    />
                                    <Button submits=true kind=Kind::Primary test_id="set-egress" disabled=set.pending()>
                                        "Set"
                                    </Button>
                                </div>
                            </ActionForm>
                        </div>
                    }
                })}
        </Card>
    }
    .into_any()
}

fn area(name: &'static str, label: &'static str, hosts: &[String]) -> AnyView {
    let id = format!("field-egress-{name}");
    // As markup: an empty child would come from the server as a space, which is text in a text area.
    let text = escaped(&hosts.join("\n"));
    view! {
        <div class="min-w-0">
            <label class=LABEL for=id.clone()>
                {label}
            </label>
            <textarea id=id class=CONTROL name=name rows="3" spellcheck="false" autocomplete="off" inner_html=text></textarea>
        </div>
    }
    .into_any()
}
