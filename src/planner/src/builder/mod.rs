//! How does a plan come about? Each thing that a goal asks for becomes a step, with those before it that make what it works on.

mod code;
mod conditions;
mod data;
mod documents;
mod fallback;
mod finish;
mod labels;
mod language;
mod numbers;
mod order;
mod query;
mod refusals;
mod sources;
mod steps;
mod topics;
mod web;

use baton_domain::problem::Code;
use std::collections::BTreeMap;

use crate::catalogue::Skills;
use crate::draft::{Draft, DraftStep};
use crate::given::{Column, Given};
use crate::plan::{Explanation, Terms};
use crate::reading::{Intent, Reading};
use crate::refusal::Refusal;
use crate::values::Value;
use crate::words::{Kind, Token};

pub(crate) type Planned<T> = Result<T, Refusal>;

/// The most steps of a plan.
pub const MAXIMUM_STEPS: usize = 60;

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
    /// Sentences that ask for something.
    pub(crate) asked: Vec<(usize, usize)>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(reading: &'a Reading, given: &'a [Given], skills: &'a Skills, terms: Terms) -> Self {
        let mut values: Vec<Value> = given.iter().map(Value::of_input).collect();
        for token in &reading.tokens {
            let known = given.iter().any(|given| given.address.as_deref() == Some(token.text.as_str()));
            if token.kind == Kind::Address && !known && !values.iter().any(|value| value.literal.as_deref() == Some(token.text.as_str())) {
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
            asked: Vec::new(),
        }
    }

    /// Plans everything that the goal asks for.
    pub(crate) fn build(mut self) -> Planned<(Draft, Explanation)> {
        if let Some(part) = self.reading.unknown.first() {
            return Err(self.no_skill(*part));
        }
        self.unusable_inputs()?;
        let intents = self.ordered();
        self.asked = intents.iter().map(|intent| intent.sentence).collect();
        if intents.is_empty() && !self.asks_a_table()? {
            self.by_words((0, self.reading.tokens.len()))?;
        }
        let mut postponed: Vec<(Intent, Refusal)> = Vec::new();
        let mut planned: Vec<&'static str> = Vec::new();
        for intent in intents {
            if self.is_done_by_now(&intent, &planned) {
                continue;
            }
            let before =
                (self.steps.len(), self.values.len(), self.turned.clone(), self.current, self.conditions.clone(), self.explanation.clone());
            match self.intent(&intent) {
                Ok(()) => planned.push(intent.capability),
                // A single word may have meant something else; whether the goal can do without is seen at the end.
                Err(refusal)
                    if (intent.weight <= 1.0 || self.reading.judged)
                        && matches!(refusal.code, Code::GoalInputMissing | Code::NoSkillForGoal) =>
                {
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
            // What is asked for in one part is told of in another.
            if self.reading.judged && planned.contains(&intent.capability) {
                continue;
            }
            let done = !self.reading.judged && self.explanation.clauses.iter().any(|clause| clause.sentence == intent.sentence);
            if !done && (self.reading.judged || !self.is_context(intent.sentence)) || self.steps.is_empty() {
                return Err(refusal);
            }
            let word = self.reading.text(intent.cue);
            self.explanation.assumptions.push(format!("“{word}” asks for no step of its own"));
        }
        self.finish()
    }

    /// "Here is the git log. Make a changelog of it": of a single thing, some work is done once, however often it is spoken of. Done again, it would be
    /// done on what it gave.
    fn is_done_by_now(&self, intent: &Intent, planned: &[&str]) -> bool {
        let once = ["changelog", "api_docs", "links", "dependencies", "secrets", "security", "performance", "best_practices", "metrics"];
        let single = self.values.iter().filter(|value| value.step.is_none()).count() <= 1;
        single && intent.condition.is_none() && once.contains(&intent.capability) && planned.contains(&intent.capability)
    }

    /// "All penguins heavier than 6000 g": a question about the columns of a table that no other rule knows.
    fn asks_a_table(&mut self) -> Planned<bool> {
        let columns: Vec<Column> = self.values.iter().flat_map(|value| value.columns.clone()).collect();
        let said = crate::columns::spoken(&self.reading.tokens, &columns);
        // Columns alone ask nothing: a number, an order or a limit has to be asked for.
        let asks = self.reading.tokens.iter().any(|token| {
            token.number().is_some()
                || crate::lexicon::is(token, "most")
                || crate::lexicon::is(token, "least")
                || token.is_any(&[
                    "all", "average", "total", "sum", "count", "many", "much", "per", "each", "by", "where", "whose", "only", "without",
                    "which", "who", "list", "show", "filter",
                ])
        });
        if said.is_empty() || !asks {
            return Ok(false);
        }
        let whole = (0, self.reading.tokens.len());
        self.now = Intent { capability: "query", weight: 1.0, sentence: whole, cue: whole, region: whole, condition: None };
        self.query()?;
        self.explain(0);
        Ok(true)
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
}
