//! What is asked of whoever looks at a decision: a vote, an answer, an argument, or the verdict.

use baton_domain::id::DecisionId;
use baton_domain::time::Timestamp;
use baton_domain::wire::decision::{BallotEntry, ScoreScale, YourPart};
use leptos::prelude::*;

use super::ballots::answer;
use super::decision::Data;
use super::verdict::choice_words;
use super::words::said;
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::field::{CONTROL, LABEL, TextField};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::Fresh;
use crate::reactive::{effect, memo};
use crate::server_fns::say::{AnswerForm, VoteForm};

/// The form, if something is asked of the caller.
#[component]
pub(super) fn Yours(data: RwSignal<Data>, fresh: Fresh<Data>) -> impl IntoView {
    let vote = FormAction::<VoteForm>::new();
    let verdict = FormAction::<AnswerForm>::new();
    effect(move || {
        if vote.version().get() + verdict.version().get() > 0 {
            fresh.read();
        }
    });
    // Drawn anew only when something else is asked, so that nothing chosen is lost.
    let yours = memo(move |_| data.with(|data| data.detail.yours.clone()));
    let id = data.with_untracked(|data| data.detail.summary.id);
    move || {
        let part = yours.get()?;
        let (title, until, form) = match part {
            YourPart::Draft { round, arguments, until } => {
                let form = written("draft", Some(round), "Your answer", arguments, vote, id);
                ("You are asked for an answer", Some(until), form)
            }
            YourPart::Argument { answer, until } => {
                let so_far = view! { <p class="text-13 text-soft">{format!("Your answer so far: {}", said(&answer))}</p> };
                let form = view! {
                    {so_far}
                    {written("argument", None, "What speaks for it", Vec::new(), vote, id)}
                };
                ("You are asked for an argument", Some(until), form.into_any())
            }
            YourPart::Ballot { round, reads, scale, entries, arguments, until } => {
                ("You are asked to vote", Some(until), ballot(round, &reads, scale, entries, arguments, vote, id))
            }
            YourPart::Verdict { choices, free, until } => {
                let choices = data.with_untracked(|data| choices.into_iter().map(|key| (choice_words(data, &key), key)).collect());
                ("You are asked for the verdict", until, decide(choices, free, verdict, id))
            }
        };
        Some(draw(title, until, form, vote, verdict))
    }
}

fn draw(
    title: &'static str,
    until: Option<Timestamp>,
    form: AnyView,
    vote: FormAction<VoteForm>,
    verdict: FormAction<AnswerForm>,
) -> AnyView {
    let problem = Signal::derive(move || refusal(vote).or_else(|| refusal(verdict)));
    view! {
        <section class="space-y-3 rounded-card border border-accent bg-raised p-4" data-testid="yours">
            <header class="flex flex-wrap items-baseline justify-between gap-2">
                <h2 class="text-14 font-semibold">{title}</h2>
                {until.map(|at| view! { <span class="text-12 text-muted">"until " <RelativeTime at/></span> })}
            </header>
            <LastProblem problem/>
            {form}
        </section>
    }
    .into_any()
}

/// What others said, without names.
fn others(arguments: Vec<String>) -> Option<AnyView> {
    if arguments.is_empty() {
        return None;
    }
    let items: Vec<_> = arguments.into_iter().map(|text| view! { <li class="whitespace-pre-wrap break-words">{text}</li> }).collect();
    Some(
        view! {
            <details open=true class="rounded-control border border-line p-3">
                <summary class="text-13 font-medium">"What others said in the debate"</summary>
                <ul class="mt-2 list-disc space-y-1 pl-4 text-13">{items}</ul>
            </details>
        }
        .into_any(),
    )
}

fn hidden(id: DecisionId, kind: &'static str, round: Option<u8>) -> AnyView {
    let round = round.map(|round| view! { <input type="hidden" name="round" value=round.to_string()/> });
    view! {
        <input type="hidden" name="id" value=id.to_string()/>
        <input type="hidden" name="kind" value=kind/>
        {round}
    }
    .into_any()
}

/// How sure, and why.
fn besides() -> AnyView {
    view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-[10rem_1fr]">
            <div class="min-w-0">
                <label class=LABEL for="field-vote-confidence">
                    "How sure you are"
                </label>
                <input
                    id="field-vote-confidence"
                    name="confidence"
                    type="number"
                    min="0"
                    max="1"
                    step="0.05"
                    class=CONTROL
                    placeholder="0 to 1"
                    data-testid="vote-confidence"
                />
            </div>
            <TextField name="rationale" form="vote-" label="Why" autocomplete="off" max_length="4000"/>
        </div>
    }
    .into_any()
}

/// A form with a text of one's own.
fn written(
    kind: &'static str,
    round: Option<u8>,
    label: &'static str,
    arguments: Vec<String>,
    vote: FormAction<VoteForm>,
    id: DecisionId,
) -> AnyView {
    view! {
        {others(arguments)}
        <ActionForm action=vote>
            {hidden(id, kind, round)}
            <div class="space-y-3">
                <div>
                    <label class=LABEL for="field-vote-text">
                        {label}
                    </label>
                    <textarea id="field-vote-text" name="text" rows="5" required=true class=CONTROL data-testid="vote-text"></textarea>
                </div>
                {(kind == "draft").then(besides)}
                <Button submits=true kind=Kind::Primary test_id="vote" disabled=vote.pending()>
                    "Send it"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// A ballot, by what the rule reads.
fn ballot(
    round: u8,
    reads: &str,
    scale: Option<ScoreScale>,
    entries: Vec<BallotEntry>,
    arguments: Vec<String>,
    vote: FormAction<VoteForm>,
    id: DecisionId,
) -> AnyView {
    let kind = match reads {
        "approvals" => "approvals",
        "ranking" => "ranking",
        "scores" => "scores",
        _ => "choice",
    };
    let legend = match kind {
        "approvals" => "Tick every answer that is good enough",
        "ranking" => "Give each answer its place: 1 for the best, the same number for equals, none for the last",
        "scores" => "Give each answer a score, none where you have no opinion",
        _ => "Choose one answer",
    };
    let count = entries.len();
    let rows: Vec<_> = entries.into_iter().enumerate().map(|(index, entry)| row(index, entry, kind, count, scale)).collect();
    view! {
        {others(arguments)}
        <ActionForm action=vote>
            {hidden(id, kind, Some(round))}
            <div class="space-y-3">
                <fieldset class="space-y-2">
                    <legend class="mb-2 text-13 font-medium">{legend}</legend>
                    {rows}
                </fieldset>
                {besides()}
                <Button submits=true kind=Kind::Primary test_id="vote" disabled=vote.pending()>
                    "Vote"
                </Button>
            </div>
        </ActionForm>
        <ActionForm action=vote>
            {hidden(id, "abstention", Some(round))}
            <Button submits=true test_id="abstain" disabled=vote.pending()>
                "I have no opinion"
            </Button>
        </ActionForm>
    }
    .into_any()
}

fn row(index: usize, entry: BallotEntry, kind: &'static str, count: usize, scale: Option<ScoreScale>) -> AnyView {
    let id = format!("field-vote-{index}");
    let name = format!("entry[{}]", entry.label);
    let label = entry.label.clone();
    let control = match kind {
        "choice" => view! { <input id=id.clone() type="radio" name="choice" value=label.clone() required=true class="size-4"/> }.into_any(),
        "approvals" => view! { <input id=id.clone() type="checkbox" name=name value="true" class="size-4"/> }.into_any(),
        _ => {
            let (least, most, step) = match (kind, scale) {
                ("ranking", _) => ("1".to_owned(), count.to_string(), "1"),
                (_, Some(scale)) => (scale.least.to_string(), scale.most.to_string(), "any"),
                _ => ("0".to_owned(), "10".to_owned(), "any"),
            };
            view! { <input id=id.clone() type="number" name=name min=least max=most step=step class=format!("{CONTROL} max-w-20")/> }
                .into_any()
        }
    };
    let about = format!("{id}-about");
    view! {
        <div class="flex items-start gap-3 rounded-control border border-line p-2" data-testid="vote-entry" data-label=entry.label>
            <div class="pt-0.5">{control}</div>
            <div class="min-w-0">
                <label class="font-mono text-12 text-muted" for=id>
                    {label}
                    <span class="sr-only">{format!(": {}", said(&entry.answer))}</span>
                </label>
                <div id=about>
                    {answer(&entry.answer)}
                    {entry.description.map(|words| view! { <p class="text-12 text-soft">{words}</p> })}
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The verdict of a person.
fn decide(choices: Vec<(String, String)>, free: bool, verdict: FormAction<AnswerForm>, id: DecisionId) -> AnyView {
    let rows: Vec<_> = choices
        .into_iter()
        .enumerate()
        .map(|(index, (words, key))| {
            let field = format!("field-verdict-{index}");
            let name = key.clone();
            view! {
                <div class="flex items-start gap-3 rounded-control border border-line p-2" data-testid="verdict-choice" data-key=name>
                    <input id=field.clone() type="radio" name="key" value=key required=true class="mt-0.5 size-4"/>
                    <label class="min-w-0 whitespace-pre-wrap break-words text-14" for=field>
                        {words}
                    </label>
                </div>
            }
        })
        .collect();
    let choose = (!rows.is_empty()).then(|| {
        view! {
            <ActionForm action=verdict>
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="kind" value="choice"/>
                <div class="space-y-3">
                    <fieldset class="space-y-2">
                        <legend class="mb-2 text-13 font-medium">"Choose one answer"</legend>
                        {rows}
                    </fieldset>
                    <TextField name="comment" form="verdict-" label="Why" autocomplete="off" max_length="2000"/>
                    <Button submits=true kind=Kind::Primary test_id="decide" disabled=verdict.pending()>
                        "Decide"
                    </Button>
                </div>
            </ActionForm>
        }
    });
    let other = free.then(|| {
        view! {
            <details class="rounded-control border border-line p-3">
                <summary class="text-13 font-medium">"Give another answer"</summary>
                <ActionForm action=verdict>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="kind" value="answer"/>
                    <label class=LABEL for="field-verdict-answer">
                        "Answer"
                    </label>
                    <textarea id="field-verdict-answer" name="answer" rows="4" required=true class=format!("{CONTROL} mb-2")></textarea>
                    <Button submits=true test_id="decide-other" disabled=verdict.pending()>
                        "Decide for this"
                    </Button>
                </ActionForm>
            </details>
        }
    });
    view! {
        {choose}
        {other}
        <ActionForm action=verdict>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="kind" value="refuse"/>
            <Button submits=true kind=Kind::Danger test_id="decide-none" disabled=verdict.pending()>
                "None of them"
            </Button>
        </ActionForm>
    }
    .into_any()
}
