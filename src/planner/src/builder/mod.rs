//! How does a plan come about? Each thing that a goal asks for becomes a step, with those before it that make what it works on.

mod code;
mod conditions;
mod data;
mod documents;
mod fallback;
mod language;
mod numbers;
mod query;
mod sources;
mod web;

use std::collections::BTreeMap;

use baton_domain::agent::Skill;
use baton_domain::problem::Code;
use serde_json::{Map, Value as Json};

use crate::catalogue::Skills;
use crate::draft::{Draft, DraftInput, DraftStep, clipped, workflow_name};
use crate::given::{Column, Form, Given};
use crate::plan::{Explained, Explanation, Terms};
use crate::reading::{Intent, Reading};
use crate::refusal::Refusal;
use crate::values::{Value, What};
use crate::words::{Kind, Token};

/// The most steps of a plan.
pub const MAXIMUM_STEPS: usize = 60;

pub(crate) type Planned<T> = Result<T, Refusal>;

/// A step with what the builder knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub(crate) draft: DraftStep,
    /// Whether it only makes what another step works on.
    pub(crate) bridge: bool,
    pub(crate) list: bool,
    pub(crate) conditional: bool,
}

pub(crate) struct Builder<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) given: &'a [Given],
    pub(crate) skills: &'a Skills,
    pub(crate) terms: Terms,
    pub(crate) values: Vec<Value>,
    pub(crate) steps: Vec<Built>,
    pub(crate) explanation: Explanation,
    /// The value that `it` speaks of.
    pub(crate) current: Option<usize>,
    /// The condition of the intent that is being planned, as an expression.
    pub(crate) condition: Option<String>,
    /// Expressions of conditions, by their number.
    conditions: BTreeMap<usize, String>,
    /// What was turned into what: the expression and what is needed → the value.
    turned: BTreeMap<(String, &'static str), usize>,
    pub(crate) rules: Vec<String>,
    /// The intent that is being planned.
    pub(crate) now: Intent,
}

/// What makes something of other things: such capabilities come first in their sentence.
const SOURCES: &[&str] = &["fetch", "article", "tables", "parse", "extract", "api_call", "crawl", "render_page"];
/// What collects what others have made: it comes last in its sentence.
const COLLECTORS: &[&str] = &["report", "note"];
/// Verbs by which something is made.
const MAKING: &[&str] = &[
    "make", "create", "produce", "write", "generate", "prepare", "fill", "render", "turn", "need", "want", "build", "print", "give",
    "compile", "draw", "put", "collect", "into", "in", "as", "get", "for", "one", "typeset", "issue", "like", "merge", "publish", "send",
    "save", "a", "an", "out", "set", "gather", "assemble", "combine",
];

impl<'a> Builder<'a> {
    pub(crate) fn new(reading: &'a Reading, given: &'a [Given], skills: &'a Skills, terms: Terms) -> Self {
        let mut values: Vec<Value> = given.iter().map(Value::of_input).collect();
        for token in &reading.tokens {
            if token.kind == Kind::Address && !values.iter().any(|value| value.literal.as_deref() == Some(token.text.as_str())) {
                values.push(Value::of_address(&token.text));
            }
        }
        let now = Intent { capability: "", weight: 0.0, sentence: (0, 0), cue: (0, 0), region: (0, 0), condition: None };
        Self {
            reading,
            given,
            skills,
            terms,
            values,
            steps: Vec::new(),
            explanation: Explanation::default(),
            current: None,
            condition: None,
            conditions: BTreeMap::new(),
            turned: BTreeMap::new(),
            rules: Vec::new(),
            now,
        }
    }

    /// Plans everything that the goal asks for.
    pub(crate) fn build(mut self) -> Planned<(Draft, Explanation)> {
        if let Some(part) = self.reading.unknown.first() {
            return Err(self.no_skill(*part));
        }
        self.unusable_inputs()?;
        let intents = self.ordered();
        if intents.is_empty() && !self.asks_a_table()? {
            self.by_words((0, self.reading.tokens.len()))?;
        }
        let mut postponed: Vec<(Intent, Refusal)> = Vec::new();
        for intent in intents {
            let before =
                (self.steps.len(), self.values.len(), self.turned.clone(), self.current, self.conditions.clone(), self.explanation.clone());
            match self.intent(&intent) {
                Ok(()) => {}
                // A single word may have meant something else; whether the goal can do without is seen at the end.
                Err(refusal) if intent.weight <= 1.0 && matches!(refusal.code, Code::GoalInputMissing | Code::NoSkillForGoal) => {
                    self.steps.truncate(before.0);
                    self.values.truncate(before.1);
                    self.turned = before.2;
                    self.current = before.3;
                    self.conditions = before.4;
                    self.explanation = before.5;
                    postponed.push((intent, refusal));
                }
                Err(refusal) => return Err(refusal),
            }
        }
        for (intent, refusal) in postponed {
            let done = self.explanation.clauses.iter().any(|clause| clause.sentence == intent.sentence);
            if !done && !self.is_context(intent.sentence) || self.steps.is_empty() {
                return Err(refusal);
            }
            let word = self.reading.text(intent.cue);
            self.explanation.assumptions.push(format!("“{word}” asks for no step of its own"));
        }
        self.finish()
    }

    /// "All penguins heavier than 6000 g": a question about the columns of a table that no other rule knows.
    fn asks_a_table(&mut self) -> Planned<bool> {
        let columns: Vec<Column> = self.values.iter().flat_map(|value| value.columns.clone()).collect();
        let said = crate::columns::spoken(&self.reading.tokens, &columns);
        if said.is_empty() {
            return Ok(false);
        }
        let whole = (0, self.reading.tokens.len());
        self.now = Intent { capability: "query", weight: 1.0, sentence: whole, cue: whole, region: whole, condition: None };
        self.query()?;
        self.explain(0);
        Ok(true)
    }

    /// Whether a sentence only tells what is there: "The list is under items".
    fn is_context(&self, sentence: (usize, usize)) -> bool {
        let first = self.reading.slice(sentence).first();
        first.is_some_and(|token| {
            token.is_any(&[
                "the",
                "it",
                "this",
                "that",
                "there",
                "we",
                "our",
                "i",
                "they",
                "these",
                "people",
                "a",
                "an",
                "each",
                "fields",
                "my",
                "people",
                "customers",
                "both",
                "all",
                "people",
            ])
        })
    }

    /// What is asked for, in the order in which it is planned.
    fn ordered(&self) -> Vec<Intent> {
        let mut kept: Vec<Intent> = Vec::new();
        let all = &self.reading.intents;
        let beside =
            |intent: &Intent, capability: &str| all.iter().any(|other| other.sentence == intent.sentence && other.capability == capability);
        for intent in all {
            let drop = match intent.capability {
                "links" => beside(intent, "parse") && (beside(intent, "note") || beside(intent, "report")),
                "sentiment" => beside(intent, "classify"),
                "predict" => beside(intent, "forecast"),
                "train" => beside(intent, "forecast") && intent.weight <= 1.0,
                // That tables belong together is no question by itself if one follows.
                "query" => {
                    self.chart_does_it(intent)
                        || (self.says_how_to_join(intent)
                            && all.iter().any(|other| other.capability == "query" && other.sentence != intent.sentence))
                }
                "summarize" => intent.weight <= 1.0 && beside(intent, "api_docs") && !beside(intent, "report"),
                "draft" => beside(intent, "note") || beside(intent, "render") || beside(intent, "report"),
                "report" => {
                    beside(intent, "render")
                        && intent.weight <= 3.0
                        && !self.reading.slice(intent.cue).iter().any(|token| token.is("report"))
                }
                "api_call" => !self.values.iter().any(|value| value.what == What::Connection),
                _ => false,
            };
            let made = !matches!(intent.capability, "render" | "note" | "report") || self.is_made(intent);
            if drop || !made {
                continue;
            }
            let same = kept.iter_mut().rev().find(|other| other.capability == intent.capability && other.sentence == intent.sentence);
            match same {
                Some(other) if self.is_same(other, intent) => {
                    other.region.1 = other.region.1.max(intent.region.1);
                    other.weight = other.weight.max(intent.weight);
                }
                _ => kept.push(intent.clone()),
            }
        }
        let rank = |intent: &Intent| {
            if SOURCES.contains(&intent.capability) {
                0
            } else if COLLECTORS.contains(&intent.capability) {
                2
            } else {
                1
            }
        };
        kept.sort_by_key(|intent| (intent.sentence.0, rank(intent), intent.cue.0));
        // A note or a report is what an earlier sentence announces and later ones fill.
        kept
    }

    /// Whether two places ask for the same.
    fn is_same(&self, one: &Intent, other: &Intent) -> bool {
        if !matches!(one.capability, "chart" | "test" | "query" | "render") {
            return true;
        }
        let between = self.reading.slice((one.cue.1.min(other.cue.0), other.cue.0));
        one.capability == "query"
            || one.capability == "test"
            || one.capability == "render"
            || !between.iter().any(|token| token.is("and") || token.kind == Kind::Mark(','))
    }

    /// Whether a part says nothing but by which column tables belong together.
    fn says_how_to_join(&self, intent: &Intent) -> bool {
        let sentence = self.reading.slice(intent.sentence);
        sentence.iter().any(|token| token.is_any(&["belong", "join", "joined", "match", "share", "linked"]))
            && !sentence.iter().any(|token| token.is_any(&["average", "total", "sum", "many", "top", "most", "number", "count", "mean"]))
    }

    /// Whether a chart says by itself what the query would: sums and means by group.
    fn chart_does_it(&self, intent: &Intent) -> bool {
        let chart = self.reading.intents.iter().any(|other| other.capability == "chart" && other.sentence == intent.sentence);
        let sentence = self.reading.slice(intent.sentence);
        let more = sentence.iter().any(|token| {
            token.is_any(&[
                "top", "most", "largest", "highest", "lowest", "join", "joined", "together", "where", "whose", "only", "filter", "sql",
                "query", "least", "biggest", "smallest",
            ])
        });
        let tables = self.values.iter().filter(|value| value.what == What::Artifact(Form::Table)).count();
        chart && !more && tables <= 1 && intent.weight < 3.0
    }

    /// Whether a kind of document is to be made, and is not only spoken of.
    fn is_made(&self, intent: &Intent) -> bool {
        let part = self.reading.slice((intent.region.0.min(intent.cue.0), intent.cue.0));
        let start = intent.cue.0 == intent.region.0 || part.iter().all(|token| token.is_any(&["then", "finally", "and", "please", "also"]));
        let cue = self.reading.slice(intent.cue);
        let verb = |token: &Token| token.is_any(MAKING) || token.is_any(&["makes", "making"]);
        start
            || part.iter().any(verb)
            || (cue.len() > 1 && cue.first().is_some_and(|token| token.is_any(MAKING) && !token.is_any(&["in", "as", "a"])))
            || cue.first().is_some_and(|token| token.is_any(&["in", "as", "into", "mail"]))
    }

    /// Inputs that no skill reads.
    fn unusable_inputs(&self) -> Planned<()> {
        let all =
            !self.given.is_empty() && self.given.iter().all(|given| matches!(Value::of_input(given).what, What::Artifact(Form::Recording)));
        if all {
            let name = &self.given[0].name;
            return Err(Refusal::new(
                Code::NoSkillForGoal,
                self.reading.goal.clone(),
                format!("no skill listens to recordings, and `{name}` is one"),
                "Give what it says as a text.",
            ));
        }
        Ok(())
    }

    fn intent(&mut self, intent: &Intent) -> Planned<()> {
        self.now = intent.clone();
        self.rules.clear();
        self.condition = None;
        self.condition = intent.condition.map(|number| self.condition_of(number)).transpose()?;
        // Planning the condition may have planned something else.
        self.now = intent.clone();
        let before = self.steps.len();
        match intent.capability {
            "summarize" | "analyze" | "keywords" | "detect_language" | "sentiment" | "classify" | "translate" | "near_duplicates"
            | "similarity" | "rewrite" | "draft" | "ask" => self.language()?,
            "profile" | "chart" | "forecast" | "anomalies" | "train" | "predict" | "test" => self.data()?,
            "query" => self.query()?,
            "fetch" | "article" | "tables" | "links" | "crawl" | "parse" | "extract" | "watch" | "screenshot" | "render_page"
            | "api_call" => self.web()?,
            "report" | "note" | "render" | "changelog" | "api_docs" => self.documents()?,
            _ => self.code()?,
        }
        self.explain(before);
        if self.steps.len() > MAXIMUM_STEPS {
            return Err(Refusal::new(
                Code::PlanTooLarge,
                "",
                format!("the plan would have more than {MAXIMUM_STEPS} steps"),
                "Split the goal.",
            ));
        }
        Ok(())
    }

    fn explain(&mut self, before: usize) {
        let clause = self.reading.text(self.now.region);
        let chosen = self.steps[before.min(self.steps.len())..]
            .iter()
            .rev()
            .find(|step| !step.bridge)
            .or_else(|| self.steps.last())
            .map(|step| step.draft.uses.clone());
        let found = self.skills.find(&clause, 6);
        let score = |name: &str| found.iter().find(|(found, _)| found == name).map_or(0.0, |(_, score)| *score);
        let mut rules = vec![format!("“{}” asks for `{}`", self.reading.text(self.now.cue), self.now.capability)];
        rules.append(&mut self.rules);
        if let Some(skill) = chosen {
            let runners_up = found.iter().filter(|(name, _)| *name != skill).take(3).cloned().collect();
            self.explanation.clauses.push(Explained {
                clause,
                score: score(&skill),
                skill,
                runners_up,
                rules,
                sentence: self.now.sentence,
            });
        }
    }

    pub(crate) fn region(&self) -> Vec<Token> {
        self.reading.slice(self.now.region).to_vec()
    }

    pub(crate) fn sentence(&self) -> Vec<Token> {
        self.reading.slice(self.now.sentence).to_vec()
    }

    /// The words of the present part, without what joins it to others.
    pub(crate) fn clause(&self) -> String {
        let text = self.reading.text(self.now.region);
        let mut text = text.trim();
        loop {
            let shorter = text.trim_end_matches([',', ';', ':', '.', ' ', '\n']);
            let shorter = [" and", " then", " or"].iter().find_map(|word| shorter.strip_suffix(word)).unwrap_or(shorter);
            if shorter.len() == text.len() {
                break;
            }
            text = shorter;
        }
        let mut letters = text.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// The skill of this name, and a refusal if it is not there or needs a model that is not.
    pub(crate) fn skill(&self, name: &str) -> Planned<&'a Skill> {
        let Some(skill) = self.skills.get(name) else {
            let nearest = self.skills.find(&self.clause(), 3).into_iter().map(|(name, _)| name).collect();
            return Err(Refusal::new(
                Code::NoSkillForGoal,
                self.clause(),
                format!("no agent has the skill `{name}`, which this part needs"),
                "Register an agent that has it, or leave that part out.",
            )
            .with_candidates(nearest));
        };
        if let Some(need) = skill.model
            && !need.optional
            && !self.terms.model
        {
            return Err(Refusal::new(
                Code::GoalNeedsModel,
                self.clause(),
                format!("`{name}` asks a language model of at least `{}` ability, and none is configured", need.least.as_str()),
                "Configure a model under Models, or leave that part out.",
            ));
        }
        Ok(skill)
    }

    /// Adds a step, or finds the one that does the very same.
    pub(crate) fn step(&mut self, skill: &str, with: Map<String, Json>, foreach: Option<String>, why: &str) -> Planned<usize> {
        self.add(skill, with, foreach, why, false)
    }

    /// Adds a step that makes what another one works on.
    pub(crate) fn bridge(&mut self, skill: &str, with: Map<String, Json>, foreach: Option<String>, why: &str) -> Planned<usize> {
        self.add(skill, with, foreach, why, true)
    }

    fn add(&mut self, skill: &str, with: Map<String, Json>, foreach: Option<String>, why: &str, bridge: bool) -> Planned<usize> {
        self.skill(skill)?;
        let same = self.steps.iter().position(|step| {
            step.draft.uses == skill
                && step.draft.with == with
                && step.draft.foreach == foreach
                && (step.draft.condition.is_none() || step.draft.condition == self.condition)
        });
        if let Some(place) = same {
            self.steps[place].bridge &= bridge;
            return Ok(place);
        }
        let short = skill.rsplit('.').next().unwrap_or(skill);
        let id = (1..).map(|number| if number == 1 { short.to_owned() } else { format!("{short}_{number}") });
        let id = id.into_iter().find(|id| !self.steps.iter().any(|step| step.draft.id == *id)).unwrap_or_else(|| short.to_owned());
        let list = foreach.is_some();
        let draft = DraftStep {
            id,
            uses: skill.to_owned(),
            why: why.to_owned(),
            with,
            foreach,
            condition: self.condition.clone(),
            needs: Vec::new(),
            optional: false,
        };
        let conditional = self.condition.is_some();
        self.steps.push(Built { draft, bridge, list, conditional });
        Ok(self.steps.len() - 1)
    }

    /// The expression of a step's output.
    pub(crate) fn output(&self, step: usize) -> String {
        format!("steps.{}.output", self.steps[step].draft.id)
    }

    /// Something that a step gives, under a path of its output; of a step that goes through a list, the list of them.
    pub(crate) fn product(&mut self, step: usize, what: What, path: &str, label: &str, otherwise: Option<&str>) -> usize {
        let list = self.steps[step].list;
        let read = |base: &str| {
            let plain = format!("{base}.{path}");
            otherwise.map_or_else(|| plain.clone(), |otherwise| format!("default({plain}, {otherwise})"))
        };
        let expr = if list { format!("map({}, r => {})", self.output(step), read("r")) } else { read(&self.output(step)) };
        let mut value = Value::new(what, expr, label);
        value.list = list;
        value.step = Some(step);
        if let Some(known) = self.values.iter().position(|known| known.expr == value.expr) {
            return known;
        }
        self.values.push(value);
        self.values.len() - 1
    }

    /// A refusal for something that was not given.
    pub(crate) fn missing(&self, what: &str, advice: &str) -> Refusal {
        Refusal::new(Code::GoalInputMissing, self.clause(), format!("{what} is needed and was not given"), advice)
    }

    pub(crate) fn ambiguous(&self, message: String, candidates: Vec<String>) -> Refusal {
        Refusal::new(Code::GoalAmbiguous, self.clause(), message, format!("Name the one that is meant: {}.", candidates.join(", ")))
            .with_candidates(candidates)
    }

    pub(crate) fn no_skill(&self, part: (usize, usize)) -> Refusal {
        let text = self.reading.text(part);
        let nearest: Vec<String> = self.skills.find(&text, 3).into_iter().map(|(name, _)| name).collect();
        let advice = match nearest.as_slice() {
            [] => "Leave this part out, or register an agent that has such a skill.".to_owned(),
            names => {
                format!("Leave this part out, register an agent that has such a skill, or say it as one of {} does.", names.join(", "))
            }
        };
        Refusal::new(Code::NoSkillForGoal, text, "no skill does this, as far as rules know", advice).with_candidates(nearest)
    }

    fn finish(mut self) -> Planned<(Draft, Explanation)> {
        if self.steps.is_empty() {
            return Err(self.no_skill((0, self.reading.tokens.len())));
        }
        let title = clipped(&first_sentence(&self.reading.goal), 120);
        let used = |name: &str| {
            let plain = format!("inputs.{name}");
            let speaks = |text: &str| {
                text.match_indices(&plain).any(|(at, _)| {
                    !text[at + plain.len()..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-')
                })
            };
            self.steps.iter().any(|step| {
                let whole = Json::Object(step.draft.with.clone()).to_string();
                speaks(&whole) || step.draft.foreach.as_deref().is_some_and(speaks) || step.draft.condition.as_deref().is_some_and(speaks)
            })
        };
        let unused: Vec<&str> = self.given.iter().filter(|given| !used(&given.name)).map(|given| given.name.as_str()).collect();
        if !unused.is_empty() {
            self.explanation.assumptions.push(format!("no step uses the input {}", unused.join(", ")));
        }
        // Given is given: an input that is not used is no reason to refuse a run that brings it.
        let inputs = self.given.iter().map(|given| DraftInput { name: given.name.clone(), schema: given.schema() }).collect();
        let outputs = self
            .steps
            .iter()
            .filter(|step| !step.bridge)
            .map(|step| (step.draft.id.clone(), format!("steps.{}.output", step.draft.id)))
            .collect();
        let steps = self.steps.iter().map(|step| step.draft.clone()).collect();
        let mut explanation = self.explanation;
        explanation.assumptions.dedup();
        Ok((Draft { name: workflow_name(&title), title, goal: self.reading.goal.clone(), inputs, steps, outputs }, explanation))
    }
}

fn first_sentence(goal: &str) -> String {
    let end = goal.find(['\n', ';']).into_iter().chain(goal.find(". ")).chain(goal.find("? ")).min().unwrap_or(goal.len());
    goal[..end].trim().trim_end_matches(['.', '?', '!', ':']).to_owned()
}
