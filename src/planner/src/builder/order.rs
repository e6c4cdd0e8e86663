//! What of all that a goal speaks of is asked for, and in which order is it planned?

use super::Builder;
use crate::given::Form;
use crate::reading::Intent;
use crate::values::What;
use crate::words::{Kind, Token};

/// What makes something of other things: such capabilities come first in their sentence.
pub(super) const SOURCES: &[&str] = &["fetch", "article", "tables", "parse", "extract", "api_call", "crawl", "render_page"];

/// What collects what others have made: it comes last in its sentence.
const COLLECTORS: &[&str] = &["report", "note"];

/// Verbs by which something is made.
const MAKING: &[&str] = &[
    "make", "create", "produce", "write", "generate", "prepare", "fill", "render", "turn", "need", "want", "build", "print", "give",
    "compile", "draw", "put", "collect", "into", "in", "as", "get", "for", "one", "typeset", "issue", "like", "merge", "publish", "send",
    "save", "a", "an", "out", "set", "gather", "assemble", "combine",
];

impl<'a> Builder<'a> {
    /// Whether a sentence only tells what is there: "The list is under items".
    pub(super) fn is_context(&self, sentence: (usize, usize)) -> bool {
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
    pub(super) fn ordered(&self) -> Vec<Intent> {
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
}
