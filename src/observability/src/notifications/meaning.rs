//! What does an event mean to people? It concerns some of them, it settles what others were told before, or neither.

use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::TaskSummary;
use serde_json::Value;

use super::audience::Audience;

/// A failure that is older when it is read is no news: a log that is gone through late, or for the first time, brings none of them. What asks for something
/// is told however old it is.
const NEWS: Duration = Duration::from_secs(24 * 3_600);
/// How the fairness keys of tasks begin that something else has submitted for a person: it tells them itself what came of it.
const ON_BEHALF: [&str; 4] = ["contract:", "decision:", "plan:", "run:"];
/// The most characters of a title and of a detail.
const TITLE_CHARACTERS: usize = 200;
const DETAIL_CHARACTERS: usize = 400;

/// What an event means to people.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// These have to know.
    Concerns(Told),
    /// Nothing of its subject waits any more.
    Settles,
    /// Nothing.
    Nothing,
}

/// What is told, and to whom.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    /// Who has to know.
    pub(super) audience: Audience,
    /// One line.
    pub(super) title: String,
    /// What else is known.
    pub(super) detail: Option<String>,
    /// By what its page knows it, where that is not in the subject.
    pub(super) id: Option<String>,
}

/// Reads an event. One whose data are not of the expected shape is told as far as it can be read: nothing stops the log.
pub(super) fn meaning(event: &Event, now: Timestamp) -> Meaning {
    let news = event.at >= now.minus(NEWS);
    match event.kind.as_str() {
        "approval.requested" => {
            let data = event.data.value();
            let title = named("Approval needed", text(&data, "title"));
            let audience = Audience::Approvers { who: list(&data, "who"), not: people(&data, &["requested_by", "retried_by"]) };
            let place = text(&data, "workflow").zip(text(&data, "step"));
            let detail = place.map(|(workflow, step)| format!("Workflow {workflow}, step {step}"));
            // What is asked is known by run and step, its page by an identifier.
            concerns(audience, title, detail, text(&data, "id"))
        }
        "decision.opened" => {
            let data = event.data.value();
            match list(&data, "people") {
                people if people.is_empty() => Meaning::Nothing,
                people => concerns(Audience::Persons(people), named("Vote needed", text(&data, "question")), None, None),
            }
        }
        "decision.escalated" => {
            let data = event.data.value();
            let title = named("Decision needed", text(&data, "question"));
            concerns(Audience::People(list(&data, "people")), title, data.get("verdict").and_then(|verdict| text(verdict, "comment")), None)
        }
        "conflict.opened" => {
            let data = event.data.value();
            let title = named("Conflict to settle", text(&data, "line"));
            let detail = text(&data, "by").map(|by| format!("A change by {by} stands on an old version"));
            concerns(Audience::Operators, title, detail, None)
        }
        "plan.proposed" => {
            let data = event.data.value();
            // Whoever asks for a plan sees it at once; one that is proposed by itself waits for somebody.
            match people(&data, &["waits_for"]) {
                people if people.is_empty() => Meaning::Nothing,
                people => concerns(Audience::People(people), named("Another way to accept", text(&data, "goal")), None, None),
            }
        }
        "run.failed" if news => {
            let data = event.data.value();
            // A run that is part of another is told by that one, if it fails of it.
            if data.get("parent").is_some_and(|parent| !parent.is_null()) {
                return Meaning::Nothing;
            }
            let title = named("Run failed", text(&data, "title"));
            concerns(Audience::Persons(people(&data, &["created_by", "retried_by"])), title, failure(data.get("error")), None)
        }
        "task.failed" | "task.rejected" | "task.timed_out" if news => task(event),
        // A decision that ends because nobody but people can decide it still waits for them.
        "decision.ended" if awaits_people(&event.data.value()) => Meaning::Nothing,
        "approval.decided" | "approval.expired" | "approval.withdrawn" | "decision.decided" | "decision.ended" | "conflict.resolved"
        | "plan.accepted" | "plan.refused" | "run.resumed" | "run.completed" | "run.canceled" => Meaning::Settles,
        _ => Meaning::Nothing,
    }
}

/// Whoever submitted a task by hand has to know that it came to nothing. What an agent or a run asked for is told by what asked.
fn task(event: &Event) -> Meaning {
    let Ok(summary) = event.data.read::<TaskSummary>() else { return Meaning::Nothing };
    let by_hand = summary.fairness_key.as_ref().is_none_or(|key| !ON_BEHALF.iter().any(|of| key.starts_with(of)));
    if summary.parent_id.is_some() || !by_hand {
        return Meaning::Nothing;
    }
    let what = match event.kind.as_str() {
        "task.rejected" => "Task rejected",
        "task.timed_out" => "Task timed out",
        _ => "Task failed",
    };
    let detail = summary.failure.map(|failure| format!("{}: {}", failure.code, failure.message));
    concerns(Audience::Persons(vec![Value::String(summary.created_by)]), named(what, Some(one_line(&summary.title))), detail, None)
}

fn concerns(audience: Audience, title: String, detail: Option<String>, id: Option<String>) -> Meaning {
    Meaning::Concerns(Told {
        audience,
        title: clipped(&title, TITLE_CHARACTERS),
        detail: detail.map(|detail| clipped(&one_line(&detail), DETAIL_CHARACTERS)),
        id,
    })
}

fn named(what: &str, name: Option<String>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what}: {name}"))
}

/// A field that is a text with something in it.
fn text(data: &Value, field: &str) -> Option<String> {
    data.get(field)?.as_str().map(one_line).filter(|text| !text.is_empty())
}

/// One line, whatever was written.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list(data: &Value, field: &str) -> Vec<Value> {
    data.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Those whom these fields name: principals, or as people read them.
fn people(data: &Value, fields: &[&str]) -> Vec<Value> {
    fields.iter().filter_map(|field| data.get(field)).filter(|by| !by.is_null()).cloned().collect()
}

fn failure(error: Option<&Value>) -> Option<String> {
    let error = error?;
    match (text(error, "code"), text(error, "message")) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => message.or(code),
    }
}

fn awaits_people(data: &Value) -> bool {
    data.get("state").and_then(Value::as_str) == Some("escalated")
}

fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_a_page_listens_to_means_something_and_no_other_does() {
        use baton_domain::id::{DEFAULT_PROJECT, EventSeq};
        use baton_domain::user::Principal;
        let event = |kind: &str| Event {
            seq: EventSeq(1),
            at: Timestamp::default(),
            project_id: DEFAULT_PROJECT,
            kind: kind.to_owned(),
            subject: "thing:1".to_owned(),
            actor: Principal::System,
            data: serde_json::json!({"id": "x", "title": "t"}).into(),
        };
        for kind in baton_domain::wire::notification::TELLING {
            // A task's event without a task says nothing, and neither does a decision or a plan that asks no person.
            let silent = kind.starts_with("task.") || ["decision.opened", "plan.proposed"].contains(&kind);
            assert_eq!(meaning(&event(kind), Timestamp::default()) == Meaning::Nothing, silent, "{kind}");
        }
        for kind in ["task.completed", "run.step", "run.started", "decision.changed", "conflict.changed", "claim.granted"] {
            assert_eq!(meaning(&event(kind), Timestamp::default()), Meaning::Nothing, "{kind}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clipped(&"é".repeat(5), 5), "é".repeat(5));
        assert_eq!(clipped(&"é".repeat(6), 5), format!("{}…", "é".repeat(5)));
    }
}
