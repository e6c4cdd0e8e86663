//! How does the form of a new task say on what terms it runs: its place in the queue, when it may begin, its retries and its deadlines?
//!
//! Each field is described once. The page draws them, and both the browser and the server make the same part of the request of them: what the command beside
//! the form shows is what is sent.

use baton_domain::problem::FieldError;
use baton_domain::task::{Jitter, RetryPolicy};
use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::components::field::{CONTROL, LABEL};
use crate::components::fold;
use crate::reactive::memo;

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Text,
    /// Ids of tasks, with spaces between.
    Ids,
    /// Words with commas between.
    Words,
    /// A date and a time in UTC.
    Instant,
    /// A number of any size, without a fraction.
    Whole,
    /// A number that counts attempts.
    Count,
    Number,
    /// How waits are spread.
    Jitter,
}

/// One field.
#[derive(Debug)]
pub struct TermField {
    /// The name it is sent under.
    pub name: &'static str,
    /// Where it stands in the request, as a JSON Pointer; who refuses it says this place.
    place: &'static str,
    takes: Takes,
    label: &'static str,
    /// What counts if it is left empty; of retries the skill says it.
    otherwise: &'static str,
    help: &'static str,
}

const fn field(
    name: &'static str,
    place: &'static str,
    takes: Takes,
    label: &'static str,
    otherwise: &'static str,
    help: &'static str,
) -> TermField {
    TermField { name, place, takes, label, otherwise, help }
}

/// What a task needs before it, and its share among the others.
static SHARE: [TermField; 5] = [
    field("depends_on", "/depends_on", Takes::Ids, "Depends on", "", "Ids of tasks that must complete first, with spaces between."),
    field("fairness_key", "/fairness_key", Takes::Text, "Fairness key", "", "Keys take turns: a tenant or a customer."),
    field("fairness_weight", "/fairness_weight", Takes::Number, "Fairness weight", "1", "0.001 to 1000."),
    field("budget_tokens", "/budget/tokens", Takes::Whole, "At most, tokens", "no limit", ""),
    field("budget_cost", "/budget/cost", Takes::Number, "At most, cost", "no limit", ""),
];

/// When it may begin, and where.
static BEGIN: [TermField; 2] = [
    field("run_at", "/run_at", Takes::Instant, "Not before (UTC)", "", "Date and time in UTC, wherever you are. If left empty: now."),
    field("labels", "/labels", Takes::Words, "Labels", "", "The agent must have all of these; with commas between."),
];

/// What happens when an attempt fails.
static RETRY: [TermField; 7] = [
    field("retry_maximum_attempts", "/retry/maximum_attempts", Takes::Count, "Attempts in all", "", "1 to 100; 1 means no retry."),
    field("retry_initial_interval_ms", "/retry/initial_interval_ms", Takes::Whole, "Wait before the second, ms", "", ""),
    field("retry_backoff_coefficient", "/retry/backoff_coefficient", Takes::Number, "Each wait, times the one before", "", "1 to 100."),
    field("retry_maximum_interval_ms", "/retry/maximum_interval_ms", Takes::Whole, "Longest wait, ms", "", ""),
    field("retry_non_retryable", "/retry/non_retryable", Takes::Words, "Codes never tried again", "", "With commas between, as http_503."),
    field(
        "retry_jitter",
        "/retry/jitter",
        Takes::Jitter,
        "Spread of waits",
        "",
        "full: from none of the wait to all of it. none: always all of it.",
    ),
    field("retry_quarantine_after", "/retry/quarantine_after", Takes::Count, "Dead workers in a row until set aside", "", "1 to 100."),
];

/// How long it may take.
static TIMEOUTS: [TermField; 4] = [
    field("schedule_to_start_ms", "/timeouts/schedule_to_start_ms", Takes::Whole, "From ready to begun, ms", "no limit", ""),
    field("start_to_close_ms", "/timeouts/start_to_close_ms", Takes::Whole, "Each attempt, ms", "300000", ""),
    field("heartbeat_ms", "/timeouts/heartbeat_ms", Takes::Whole, "Longest silence of an attempt, ms", "30000", ""),
    field("schedule_to_close_ms", "/timeouts/schedule_to_close_ms", Takes::Whole, "All attempts together, ms", "no limit", ""),
];

/// All fields.
pub fn term_fields() -> impl Iterator<Item = &'static TermField> {
    SHARE.iter().chain(&BEGIN).chain(&RETRY).chain(&TIMEOUTS)
}

/// The part of the request that the fields say; of retries, what is left empty is as the skill has it. What does not fit stays as it was typed: who reads the
/// request refuses it at its place.
#[must_use]
pub fn task_terms(text: &dyn Fn(&str) -> Option<String>, retry: &RetryPolicy) -> Map<String, Value> {
    let mut terms = Map::new();
    for field in term_fields() {
        let Some(text) = text(field.name).filter(|text| !text.trim().is_empty()) else { continue };
        let value = field.takes.read(text.trim());
        match field.place.trim_start_matches('/').split_once('/') {
            None => {
                terms.insert(field.place.trim_start_matches('/').to_owned(), value);
            }
            Some((group, name)) => {
                let policy = || if group == "retry" { serde_json::to_value(retry).unwrap_or_default() } else { Value::Object(Map::new()) };
                if let Value::Object(group) = terms.entry(group).or_insert_with(policy) {
                    group.insert(name.to_owned(), value);
                }
            }
        }
    }
    terms
}

impl Takes {
    fn read(self, text: &str) -> Value {
        let list = |between: &[char]| text.split(between).map(str::trim).filter(|word| !word.is_empty()).map(Value::from).collect();
        let read = match self {
            Self::Text | Self::Jitter => None,
            Self::Ids => Some(Value::Array(list(&[' ', ',', '\n']))),
            Self::Words => Some(Value::Array(list(&[',']))),
            Self::Instant => Some(Value::from(instant(text))),
            Self::Whole => text.parse::<u64>().ok().map(Value::from),
            Self::Count => text.parse::<u32>().ok().map(Value::from),
            // What is no finite number has no way to be written.
            Self::Number => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        };
        read.unwrap_or_else(|| Value::from(text))
    }
}

/// What a browser's field for a date and a time holds, as an instant in UTC: it leaves out the zone, and seconds that are zero.
fn instant(text: &str) -> String {
    let Some((_, time)) = text.split_once('T') else { return text.to_owned() };
    if time.contains(['Z', 'z', '+', '-']) {
        text.to_owned()
    } else if time.matches(':').count() == 1 {
        format!("{text}:00Z")
    } else {
        format!("{text}Z")
    }
}

#[cfg(feature = "ssr")]
mod reading {
    //! Reads the terms of a request.

    use baton_domain::id::TaskId;
    use baton_domain::problem::{Code, FieldError, Problem};
    use baton_domain::services::Answer;
    use baton_domain::task::Jitter;
    use baton_domain::time::Timestamp;
    use baton_domain::wire::task::NewTask;
    use serde_json::{Map, Value};

    use super::{Takes, term_fields};

    impl Takes {
        /// What to write instead, if this does not fit.
        fn refusal(self, value: &Value) -> Option<&'static str> {
            let is_id = |value: &Value| value.as_str().is_some_and(|text| text.parse::<TaskId>().is_ok());
            let (fits, instead) = match self {
                Self::Text | Self::Words => return None,
                Self::Ids => (value.as_array().is_some_and(|ids| ids.iter().all(is_id)), "Use the ids of tasks, with spaces between."),
                Self::Instant => (
                    value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok()),
                    "Use a date and a time in UTC, as 2026-01-31T08:30.",
                ),
                Self::Whole | Self::Count => (value.is_number(), "Use a whole number."),
                Self::Number => (value.is_number(), "Use a number."),
                Self::Jitter => (serde_json::from_value::<Jitter>(value.clone()).is_ok(), "Use full or none."),
            };
            (!fits).then_some(instead)
        }
    }

    /// The task on these terms.
    ///
    /// # Errors
    /// `REQUEST-002` with each place where something else stands than what belongs there.
    pub(crate) fn with_terms(task: &NewTask, terms: Map<String, Value>) -> Answer<NewTask> {
        let terms = Value::Object(terms);
        let errors: Vec<FieldError> = term_fields()
            .filter_map(|field| {
                let message = field.takes.refusal(terms.pointer(field.place)?)?;
                Some(FieldError { field: field.place.to_owned(), message: message.to_owned() })
            })
            .collect();
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let unreadable = |error: serde_json::Error| Problem::new(Code::InvalidRequest, format!("The terms cannot be read: {error}."));
        let mut body = serde_json::to_value(task).map_err(unreadable)?;
        if let (Value::Object(body), Value::Object(terms)) = (&mut body, terms) {
            body.extend(terms);
        }
        serde_json::from_value(body).map_err(unreadable)
    }
}

#[cfg(feature = "ssr")]
pub(crate) use reading::with_terms;

/// The fields, folded until they are wanted, or until something in them is wrong.
#[component]
pub(crate) fn TermFields(
    /// The skill's own policy.
    retry: RetryPolicy,
    /// What was wrong with the last try.
    #[prop(into)]
    errors: Signal<Vec<FieldError>>,
) -> impl IntoView {
    let rows = |fields: &'static [TermField]| {
        let drawn: Vec<_> = fields.iter().map(|field| row(field, otherwise(field, &retry), errors)).collect();
        view! { <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">{drawn}</div> }.into_any()
    };
    let group = |legend: &'static str, help: &'static str, fields: &'static [TermField]| {
        view! {
            <fieldset class="min-w-0">
                <legend class="text-13 font-semibold">{legend}</legend>
                <p class="mb-2 text-12 text-muted">{help}</p>
                {rows(fields)}
            </fieldset>
        }
        .into_any()
    };
    let share = rows(&SHARE);
    let schedule = view! {
        {rows(&BEGIN)}
        {group("Retries", "What is left empty is as the skill has it.", &RETRY)}
        {group("Deadlines", "In milliseconds, at most 30 days each.", &TIMEOUTS)}
    }
    .into_any();
    view! {
        {fold("Dependencies, fairness and budget", "share-fields", &[&SHARE], errors, share)}
        {fold("Scheduling and limits", "schedule-fields", &[&BEGIN, &RETRY, &TIMEOUTS], errors, schedule)}
    }
    .into_any()
}

fn fold(
    summary: &'static str,
    test_id: &'static str,
    groups: &[&'static [TermField]],
    errors: Signal<Vec<FieldError>>,
    content: AnyView,
) -> AnyView {
    let places: Vec<&'static str> = groups.iter().copied().flatten().map(|field| field.place).collect();
    let wrong =
        Signal::derive(move || errors.with(|errors| errors.iter().any(|error| places.iter().any(|place| error.field.starts_with(place)))));
    fold::fold(fold::FRAMED, summary.to_owned(), test_id.to_owned(), false, wrong, content)
}

/// What counts if a field is left empty.
fn otherwise(field: &TermField, retry: &RetryPolicy) -> String {
    match field.name {
        "retry_maximum_attempts" => retry.maximum_attempts.to_string(),
        "retry_initial_interval_ms" => retry.initial_interval_ms.to_string(),
        "retry_backoff_coefficient" => retry.backoff_coefficient.to_string(),
        "retry_maximum_interval_ms" => retry.maximum_interval_ms.to_string(),
        "retry_non_retryable" => retry.non_retryable.join(", "),
        "retry_jitter" => match retry.jitter {
            Jitter::None => "none".to_owned(),
            Jitter::Full => "full".to_owned(),
        },
        "retry_quarantine_after" => retry.quarantine_after.to_string(),
        _ => field.otherwise.to_owned(),
    }
}

fn row(field: &'static TermField, otherwise: String, errors: Signal<Vec<FieldError>>) -> AnyView {
    let TermField { name, place, takes, label, help, .. } = *field;
    let id = format!("field-{name}");
    let (help_id, error_id) = (format!("{id}-help"), format!("{id}-error"));
    let error =
        memo(move |_| errors.with(|errors| errors.iter().find(|error| error.field.starts_with(place)).map(|error| error.message.clone())));
    let described_by = {
        let help_id = (!help.is_empty()).then(|| help_id.clone());
        let error_id = error_id.clone();
        move || {
            let error_id = error.with(Option::is_some).then(|| error_id.clone());
            let ids: Vec<String> = help_id.iter().cloned().chain(error_id).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    };
    let kind = if takes == Takes::Instant { "datetime-local" } else { "text" };
    // Texts all the same: a browser sends nothing for a number that it cannot read, where here it is said what is wrong.
    let keys = match takes {
        Takes::Whole | Takes::Count => Some("numeric"),
        Takes::Number => Some("decimal"),
        _ => None,
    };
    let placeholder = Some(otherwise).filter(|otherwise| !otherwise.is_empty());
    let help = (!help.is_empty()).then(|| view! { <p id=help_id class="mt-1 text-12 text-muted">{help}</p> });
    view! {
        <div class="min-w-0">
            <label for=id.clone() class=LABEL>
                {label}
            </label>
            <input
                id=id
                name=name
                type=kind
                inputmode=keys
                placeholder=placeholder
                autocomplete="off"
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by
                class=format!("{CONTROL} aria-[invalid=true]:border-danger")
            />
            {help}
            {move || {
                let id = error_id.clone();
                error.get().map(|message| view! { <p id=id class="mt-1 text-12 font-medium text-danger" role="alert">{message}</p> })
            }}
        </div>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;

    use baton_domain::task::Timeouts;
    use baton_domain::wire::task::NewTask;
    use serde_json::json;

    use super::*;

    /// The terms of a form in which these fields are filled in.
    fn terms(filled: &[(&str, &str)]) -> Map<String, Value> {
        let skill = RetryPolicy { maximum_attempts: 2, jitter: Jitter::None, ..RetryPolicy::default() };
        task_terms(&|name| filled.iter().find(|(field, _)| *field == name).map(|(_, text)| (*text).to_owned()), &skill)
    }

    fn task(filled: &[(&str, &str)]) -> Result<NewTask, Vec<String>> {
        let read = with_terms(&NewTask::new("a.b", json!({})), terms(filled));
        read.map_err(|problem| problem.errors.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn what_is_left_empty_is_not_sent() {
        assert_eq!(terms(&[("labels", " ")]), Map::new());
        assert_eq!(task(&[]), Ok(NewTask::new("a.b", json!({}))));
    }

    #[test]
    fn each_field_arrives_at_its_place() {
        let id = "0198f2b6-0000-7000-8000-000000000007";
        let task = task(&[
            ("depends_on", id),
            ("fairness_key", "tenant-7"),
            ("fairness_weight", "2.5"),
            ("budget_tokens", "1000"),
            ("budget_cost", "0.5"),
            ("run_at", "2026-01-31T08:30"),
            ("labels", "native, gpu,"),
            ("retry_maximum_attempts", "7"),
            ("retry_initial_interval_ms", "10"),
            ("retry_backoff_coefficient", "1.5"),
            ("retry_maximum_interval_ms", "20"),
            ("retry_non_retryable", "http_503, mine"),
            ("retry_jitter", "full"),
            ("retry_quarantine_after", "9"),
            ("schedule_to_start_ms", "1"),
            ("start_to_close_ms", "2"),
            ("heartbeat_ms", "3"),
            ("schedule_to_close_ms", "4"),
        ])
        .unwrap();
        let retry = RetryPolicy {
            maximum_attempts: 7,
            initial_interval_ms: 10,
            backoff_coefficient: 1.5,
            maximum_interval_ms: 20,
            non_retryable: vec!["http_503".to_owned(), "mine".to_owned()],
            // The skill's own is none.
            jitter: Jitter::Full,
            quarantine_after: 9,
        };
        let timeouts = Timeouts { schedule_to_start_ms: Some(1), start_to_close_ms: 2, heartbeat_ms: 3, schedule_to_close_ms: Some(4) };
        assert_eq!((task.retry, task.timeouts), (Some(retry), timeouts));
        assert_eq!(task.run_at.unwrap().to_string(), "2026-01-31T08:30:00Z");
        assert_eq!(task.labels, ["native", "gpu"]);
        assert_eq!((task.fairness_key.as_deref(), task.fairness_weight), (Some("tenant-7"), 2.5));
        let budget = task.budget.unwrap();
        assert_eq!((budget.tokens, budget.cost, task.depends_on.len()), (Some(1000), Some(0.5), 1));
    }

    #[test]
    fn of_retries_and_deadlines_the_rest_is_as_it_would_be() {
        let task = task(&[("retry_initial_interval_ms", "5"), ("heartbeat_ms", "9")]).unwrap();
        let retry = task.retry.unwrap();
        assert_eq!((retry.maximum_attempts, retry.initial_interval_ms, retry.jitter), (2, 5, Jitter::None), "as the skill has it");
        assert_eq!(retry.quarantine_after, RetryPolicy::default().quarantine_after);
        assert_eq!(task.timeouts, Timeouts { heartbeat_ms: 9, ..Timeouts::default() });
    }

    #[test]
    fn what_does_not_fit_is_refused_at_its_place() {
        for field in term_fields() {
            let refused = task(&[(field.name, "somehow")]);
            match field.takes {
                Takes::Text | Takes::Words => assert!(refused.is_ok(), "{}: {refused:?}", field.name),
                _ => assert_eq!(refused, Err(vec![field.place.to_owned()]), "{}", field.name),
            }
        }
        assert_eq!(task(&[("retry_quarantine_after", "-1")]), Err(vec!["/retry/quarantine_after".to_owned()]));
        assert_eq!(task(&[("retry_maximum_attempts", "5000000000")]), Err(vec!["/retry/maximum_attempts".to_owned()]));
        assert_eq!(task(&[("fairness_weight", "inf"), ("heartbeat_ms", "1.5")]).unwrap_err().len(), 2);
    }

    #[test]
    fn a_time_without_a_zone_is_one_in_utc() {
        let cases = [
            ("2026-01-31T08:30", "2026-01-31T08:30:00Z"),
            ("2026-01-31T08:30:15", "2026-01-31T08:30:15Z"),
            ("2026-01-31T08:30:15.250", "2026-01-31T08:30:15.250Z"),
            ("2026-01-31T08:30:00+02:00", "2026-01-31T08:30:00+02:00"),
            ("2026-01-31T08:30:00Z", "2026-01-31T08:30:00Z"),
            ("tomorrow", "tomorrow"),
        ];
        for (typed, sent) in cases {
            assert_eq!(instant(typed), sent);
        }
    }

    #[test]
    fn no_place_is_the_beginning_of_another() {
        let places: Vec<&str> = term_fields().map(|field| field.place).collect();
        let doubled = places.iter().filter(|place| places.iter().any(|other| other != *place && other.starts_with(**place)));
        assert_eq!(doubled.count(), 0);
        assert_eq!(term_fields().map(|field| field.name).collect::<BTreeSet<_>>().len(), places.len());
    }

    #[test]
    fn what_was_wrong_is_said_at_its_field_in_an_open_fold() {
        let html = |errors: Vec<FieldError>| {
            let owner = Owner::new();
            owner.with(|| view! { <TermFields retry=RetryPolicy::default() errors=Signal::stored(errors)/> }.to_html())
        };
        let fold = |html: &str| html.split('<').find(|tag| tag.contains("\"schedule-fields\"")).unwrap_or_default().to_owned();
        let plain = html(Vec::new());
        assert!(!fold(&plain).contains(" open") && !plain.contains("aria-invalid"), "{plain}");
        let jitter = plain.split('<').find(|tag| tag.contains("name=\"retry_jitter\"")).unwrap_or_default();
        assert!(jitter.contains("placeholder=\"full\""), "what the skill has: {jitter}");
        assert!(plain.contains("datetime-local") && plain.contains("Not before (UTC)"), "{plain}");
        let wrong = html(vec![FieldError { field: "/labels/0".to_owned(), message: "No agent has it.".to_owned() }]);
        assert!(fold(&wrong).contains(" open"), "{wrong}");
        let input = wrong.split('<').find(|tag| tag.contains("name=\"labels\"")).unwrap_or_default();
        assert!(input.contains("aria-invalid=\"true\"") && input.contains("field-labels-error"), "{input}");
        assert!(wrong.contains("No agent has it."), "{wrong}");
    }
}
