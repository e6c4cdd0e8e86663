//! What terms can a decision have besides? The folded parts of its form: how agents answer, what breaks ties, who judges, what it may use.

use baton_domain::agent::Skill;
use baton_domain::user::Role;
use baton_domain::wire::agent::AgentView;
use leptos::prelude::*;

use super::words::{BREAKERS, choices};
use crate::components::field::{CONTROL, CheckField, LABEL, SelectField, TextField};

/// The skill by which agents are asked in words.
const IN_WORDS: &str = "prompt.answer";

/// A field of several lines with its label.
pub(super) fn area(name: &'static str, label: &'static str, rows: u8, required: bool, help: Option<&'static str>) -> AnyView {
    let id = format!("field-{name}");
    let help_id = format!("{id}-help");
    let described_by = help.is_some().then(|| help_id.clone());
    view! {
        <div class="min-w-0">
            <label class=LABEL for=id.clone()>
                {label}
            </label>
            <textarea id=id name=name rows=rows.to_string() required=required class=CONTROL aria-describedby=described_by></textarea>
            {help.map(|help| view! { <p id=help_id class="mt-1 text-12 text-muted">{help}</p> })}
        </div>
    }
    .into_any()
}

/// A part of the form that few need, with a word about when it counts.
pub(super) fn folded(title: &'static str, word: &'static str, fields: AnyView) -> AnyView {
    view! {
        <details class="rounded-control border border-line p-3" data-testid="more-terms">
            <summary class="text-13 font-medium">{title}</summary>
            <p class="mt-2 text-12 text-muted">{word}</p>
            <div class="mt-3 space-y-3">{fields}</div>
        </details>
    }
    .into_any()
}

/// People of a role.
pub(super) fn roles(none: &str) -> Vec<(String, String)> {
    let roles = Role::ALL.iter().map(|role| (role.as_str().to_owned(), format!("Whoever has the role {}", role.as_str())));
    std::iter::once((String::new(), none.to_owned())).chain(roles).collect()
}

/// Agents that can be asked in words, and the best of them.
fn speakers(agents: Vec<AgentView>, none: &str) -> Vec<(String, String)> {
    let able: Vec<AgentView> = agents.into_iter().filter(|agent| agent.skills.iter().any(|skill| skill == IN_WORDS)).collect();
    let best = (!able.is_empty()).then(|| (IN_WORDS.to_owned(), "The best agent that answers in words".to_owned()));
    let named = able.into_iter().map(|agent| (format!("id:{}", agent.id), agent.name));
    std::iter::once((String::new(), none.to_owned())).chain(best).chain(named).collect()
}

/// How agents answer, and which free answers are the same.
#[component]
pub(super) fn Answering(skills: Vec<Skill>) -> impl IntoView {
    let skills = std::iter::once((String::new(), "What is asked, in words".to_owned()))
        .chain(skills.into_iter().map(|skill| (skill.name.clone(), skill.name)))
        .collect();
    let methods = [
        ("ignore_case", "Same text, whether letters are small or capital"),
        ("number", "Numbers that lie close to one another"),
        ("json", "Same JSON, or same parts of it"),
        ("json_ignore_case", "The same, whether letters are small or capital"),
        ("clustered", "What a model takes for the same"),
    ];
    let sources = [("drafts", "Each answer is a vote for itself"), ("separate", "Votes are cast on all answers")];
    let by_skill = view! {
        <SelectField name="terms[task]" label="What agents run to answer" options=skills/>
        {area("terms[input]", "Its input, as JSON", 3, false, None)}
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-3">
            <TextField name="terms[answer_at]" label="Where the answer is" autocomplete="off" placeholder="/label"/>
            <TextField name="terms[confidence_at]" label="Where it says how sure it is" autocomplete="off" placeholder="/confidence"/>
            <TextField name="terms[rationale_at]" label="Where it says why" autocomplete="off" placeholder="/reason"/>
        </div>
    };
    let free = view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
            <SelectField name="terms[canonical]" label="Answers are the same if they are" options=choices("Same text", &methods)/>
            <SelectField name="terms[ballots]" label="Votes" options=choices("As usual", &sources)/>
            <TextField name="terms[absolute]" label="Numbers may differ by" autocomplete="off" placeholder="0.01"/>
            <TextField name="terms[relative]" label="Or by this share" autocomplete="off" placeholder="0.05"/>
            <TextField name="terms[fields]" label="Parts of JSON that count" autocomplete="off" placeholder="/label /unit"/>
        </div>
    };
    view! {
        {folded(
            "Agents answer by a skill",
            "Without one they are asked in words, for which they need the skill prompt.answer. Where the answer is, and so on, are JSON Pointers into the result.",
            by_skill.into_any(),
        )}
        {folded("Which answers are the same", "Only for answers of their own: where there is nothing to choose from.", free.into_any())}
    }
    .into_any()
}

/// What breaks ties, how scores go, who writes, what it may use.
#[component]
pub(super) fn Deciding(agents: Vec<AgentView>) -> impl IntoView {
    let counting = view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-3">
            <SelectField name="terms[tie_first]" label="A tie is broken by" options=choices("Nothing", &BREAKERS)/>
            <SelectField name="terms[tie_second]" label="Then by" options=choices("Nothing", &BREAKERS)/>
            <SelectField name="terms[tie_third]" label="At last by" options=choices("Nothing", &BREAKERS)/>
        </div>
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
            <TextField
                name="terms[minimum_margin]"
                label="How far the first must be ahead"
                autocomplete="off"
                placeholder="0.1"
                help="A share of what it could be ahead at most."
            />
            <CheckField name="terms[ask_all]" label="Wait for all, also when nothing can change any more"/>
        </div>
    };
    let writers = speakers(agents, "Nobody");
    let special = view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
            <TextField name="terms[scale_least]" label="Scores from" autocomplete="off" placeholder="0" help="For Score and Median alone."/>
            <TextField name="terms[scale_most]" label="Scores to" autocomplete="off" placeholder="10"/>
            <SelectField name="terms[synthesizer]" label="Who writes one answer out of all" options=writers/>
        </div>
        <p class="text-12 text-muted">"Synthesis needs somebody who writes, and nothing else has one."</p>
    };
    let bounds = view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-3">
            <TextField name="terms[tokens]" label="Tokens" kind="number" autocomplete="off"/>
            <TextField name="terms[cost]" label="Money" autocomplete="off"/>
            <TextField name="terms[stage_minutes]" label="Minutes for each stage" autocomplete="off" help="A sixth of all when left empty."/>
        </div>
    };
    view! {
        {folded("Ties and margins", "What breaks a tie counts the same votes; a lot breaks every tie, and stands last.", counting.into_any())}
        {folded("Scores and synthesis", "Each is read by some ways to decide and refused by the others.", special.into_any())}
        {folded(
            "What it may use",
            "Voters, debate, synthesis and judge are paid from this together. When it is used up no model is asked any more.",
            bounds.into_any(),
        )}
    }
    .into_any()
}

/// What follows where the votes do not decide.
#[component]
pub(super) fn Otherwise(agents: Vec<AgentView>) -> impl IntoView {
    let judges = speakers(agents, "No judge");
    let ends = [("refuse", "It is refused"), ("option", "This answer is taken:")];
    view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
            <SelectField
                name="terms[debate]"
                label="If that does not decide, a debate"
                options=choices("Once: arguments are shared, and all vote again", &[("never", "No debate")])
            />
            <SelectField name="judge" label="Then a judge" options=judges/>
            <SelectField name="people" label="Then one of these people" options=roles("Nobody in particular")/>
            <SelectField name="terms[otherwise]" label="And in the end" options=choices("It stays open for people", &ends)/>
            <TextField name="terms[otherwise_key]" label="The answer that is taken" autocomplete="off" placeholder="wait"/>
            {area("terms[people_named]", "Or people by address", 2, false, Some("One a line."))}
        </div>
    }
    .into_any()
}
