//! On what terms a task runs: what it depends on, its share among fairness keys, what it may use up, who may do it, its retries and deadlines if they are
//! not the usual ones.

use std::fmt::{Arguments, Write};

use baton_domain::task::{RetryPolicy, Timeouts};
use baton_domain::wire::task::TaskDetail;
use leptos::prelude::*;

use super::facts::Fact;
use crate::components::card::Card;
use crate::components::pill::state_word;
use crate::format::millis;
use crate::reactive::memo;

/// A name, and what it is in words.
type Said = (&'static str, String);

/// The card; none where everything is as usual.
#[component]
pub(super) fn Terms(detail: RwSignal<TaskDetail>) -> impl IntoView {
    let terms = memo(move |_| detail.with(|detail| (detail.depends_on.clone(), said(detail))));
    move || {
        let (depends_on, said) = terms.get();
        if depends_on.is_empty() && said.is_empty() {
            return ().into_any();
        }
        let needed: Vec<_> = depends_on
            .into_iter()
            .map(|needed| {
                view! {
                    <li data-testid="dependency">
                        <a class="text-accent hover:underline" href=format!("/tasks/{}", needed.id)>
                            {needed.title}
                        </a>
                        <span class="text-muted">{format!(" · {}", state_word(needed.state))}</span>
                    </li>
                }
            })
            .collect();
        let needed = (!needed.is_empty()).then(|| view! { <Fact name="Depends on"><ul>{needed}</ul></Fact> });
        let said: Vec<_> = said.into_iter().map(|(name, words)| view! { <Fact name>{words}</Fact> }).collect();
        view! {
            <Card title="Terms" test_id="terms">
                <dl class="flex flex-col gap-2 text-13">{needed} {said}</dl>
            </Card>
        }
        .into_any()
    }
}

fn said(detail: &TaskDetail) -> Vec<Said> {
    let mut said = Vec::new();
    if let Some(key) = &detail.summary.fairness_key {
        said.push(("Fairness key", format!("{key}, weight {}", detail.fairness_weight)));
    }
    if let Some(budget) = detail.budget {
        let mut words = String::new();
        if let Some(tokens) = budget.tokens {
            add(&mut words, format_args!("{tokens} tokens"));
        }
        if let Some(cost) = budget.cost {
            add(&mut words, format_args!("cost {cost}"));
        }
        said.push(("At most", words));
    }
    if !detail.summary.labels.is_empty() {
        said.push(("Labels", detail.summary.labels.join(", ")));
    }
    if detail.retry != RetryPolicy::default() {
        said.extend(retries(&detail.retry));
    }
    if detail.timeouts != Timeouts::default() {
        said.push(("Deadlines", deadlines(&detail.timeouts)));
    }
    said
}

/// Adds to an enumeration.
fn add(words: &mut String, more: Arguments<'_>) {
    if !words.is_empty() {
        words.push_str(", ");
    }
    // A text takes whatever is written.
    let _ = words.write_fmt(more);
}

fn retries(retry: &RetryPolicy) -> Vec<Said> {
    if retry.maximum_attempts == 1 {
        return vec![("Retries", "none".to_owned())];
    }
    let (first, longest) = (span(retry.initial_interval_ms), span(retry.maximum_interval_ms));
    let waits =
        format!("{} attempts, {first} before the second, then × {}, at most {longest}", retry.maximum_attempts, retry.backoff_coefficient);
    let mut said = vec![("Retries", waits)];
    if !retry.non_retryable.is_empty() {
        said.push(("Never tried again", retry.non_retryable.join(", ")));
    }
    said
}

fn deadlines(timeouts: &Timeouts) -> String {
    let mut words = String::new();
    if let Some(ms) = timeouts.schedule_to_start_ms {
        add(&mut words, format_args!("{} until it begins", span(ms)));
    }
    add(&mut words, format_args!("{} an attempt, {} of silence", span(timeouts.start_to_close_ms), span(timeouts.heartbeat_ms)));
    if let Some(ms) = timeouts.schedule_to_close_ms {
        add(&mut words, format_args!("{} in all", span(ms)));
    }
    words
}

#[expect(clippy::cast_precision_loss, reason = "30 days at most")]
fn span(ms: u64) -> String {
    millis(ms as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_and_deadlines_are_said_in_words() {
        let words = |retry: &RetryPolicy| retries(retry).into_iter().map(|(_, words)| words).collect::<Vec<_>>();
        assert_eq!(words(&RetryPolicy::default()), ["4 attempts, 1.0 s before the second, then × 2, at most 1 min"]);
        let retry = RetryPolicy { non_retryable: vec!["http_503".to_owned(), "mine".to_owned()], ..RetryPolicy::default() };
        assert_eq!(words(&retry)[1], "http_503, mine");
        assert_eq!(words(&RetryPolicy { maximum_attempts: 1, ..retry }), ["none"]);
        assert_eq!(deadlines(&Timeouts::default()), "5 min an attempt, 30 s of silence");
        let all = Timeouts { schedule_to_start_ms: Some(3_600_000), schedule_to_close_ms: Some(90_000), ..Timeouts::default() };
        assert_eq!(deadlines(&all), "1 h until it begins, 5 min an attempt, 30 s of silence, 1 min 30 s in all");
    }
}
