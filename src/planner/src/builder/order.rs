//! What of all that a goal speaks of is asked for, and in which order is it planned?

use baton_domain::model::ModelTier;

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
    "save", "a", "an", "out", "set", "gather", "assemble", "combine", "jot", "type", "knock", "throw", "whip", "pop", "drop", "state",
    "lay", "finish", "hand", "present", "list", "leave", "end", "wrap", "sum", "show", "called", "titled", "headed", "draft", "tell",
    "half", "one", "short", "love", "prefer", "hang", "copy", "deliver", "pack", "boil", "turn", "conclude", "round", "report", "explain",
    "say", "describe", "note",
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
    pub(crate) fn ordered(&self) -> Vec<Intent> {
        let mut kept: Vec<Intent> = Vec::new();
        let all = &self.reading.intents;
        let beside =
            |intent: &Intent, capability: &str| all.iter().any(|other| other.sentence == intent.sentence && other.capability == capability);
        for intent in all {
            let judged = self.reading.judged;
            let drop = (!judged && (self.is_column(intent) || self.is_told(intent)))
                || self.is_said_again(intent)
                || match intent.capability {
                    "api_call" => !self.values.iter().any(|value| value.what == What::Connection),
                    _ if judged => false,
                    "links" => beside(intent, "parse") && (beside(intent, "note") || beside(intent, "report")),
                    "sentiment" => beside(intent, "classify"),
                    // "Known holes" of packages are no holes of a source.
                    "security" => beside(intent, "dependencies") && !self.has_program(),
                    "predict" => beside(intent, "forecast") && !self.reading.scene.has("tables"),
                    "train" => beside(intent, "forecast") && intent.weight <= 1.0 && !self.reading.scene.has("tables"),
                    // Words that only say in passing what another part asks for.
                    "profile" => {
                        intent.weight < 1.0
                            && all.iter().any(|other| {
                                other.weight >= intent.weight
                                    && matches!(
                                        other.capability,
                                        "chart" | "forecast" | "anomalies" | "train" | "predict" | "test" | "query"
                                    )
                            })
                    }
                    "forecast" => intent.weight <= 1.0 && beside(intent, "test"),
                    // That tables belong together is no question by itself if one follows.
                    "query" => {
                        self.chart_does_it(intent)
                            || (intent.weight <= 2.0
                                && all.iter().any(|other| {
                                    other.capability == "forecast" && other.weight >= 2.0 && other.sentence == intent.sentence
                                }))
                            || self.is_remark(intent)
                            || (self.says_how_to_join(intent)
                                && all.iter().any(|other| other.capability == "query" && other.sentence != intent.sentence))
                    }
                    "summarize" => intent.weight <= 1.0 && beside(intent, "api_docs") && !beside(intent, "report"),
                    "draft" => beside(intent, "note") || beside(intent, "render") || beside(intent, "report"),
                    "analyze" => {
                        all.iter().any(|other| other.capability == "links")
                            && self.reading.slice(intent.cue).iter().any(|token| token.is_any(&["addresses", "address", "urls", "links"]))
                    }
                    "anomalies" => intent.weight <= 1.0 && self.reading.scene.has("code") && !self.reading.scene.has("table"),
                    "test" => self.is_no_test(intent),
                    "report" => {
                        beside(intent, "render")
                            && intent.weight <= 3.0
                            && !self.reading.slice(intent.cue).iter().any(|token| token.is("report"))
                    }
                    _ => false,
                };
            let made = !matches!(intent.capability, "render" | "note" | "report") || (self.is_made(intent) && !self.is_input(intent));
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
        // Where selectors are stated, they say what is read of a page.
        if self.reading.scene.has("page")
            && super::web::named_selectors(&self.reading.tokens).len() >= 2
            && !kept.iter().any(|intent| intent.capability == "extract")
        {
            for intent in kept.iter_mut().filter(|intent| intent.capability == "tables") {
                intent.capability = "extract";
            }
        }
        if !self.reading.judged {
            self.implied(&mut kept);
        }
        // Without a model, a message or a note about what was found is a report of it.
        let found =
            kept.iter().any(|intent| !COLLECTORS.contains(&intent.capability) && !matches!(intent.capability, "draft" | "ask" | "render"));
        let reported = kept.iter().any(|intent| COLLECTORS.contains(&intent.capability));
        if found && !self.terms.able(ModelTier::Small) {
            kept.retain(|intent| intent.capability != "draft" || !self.is_message(intent) || !reported);
            for intent in kept.iter_mut().filter(|intent| intent.capability == "draft") {
                if self.is_message(intent) {
                    intent.capability = "report";
                }
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
        // A report is what an earlier sentence announces and later ones fill.
        let last = |intent: &Intent| intent.capability == "report";
        kept.sort_by_key(|intent| (last(intent), intent.sentence.0, rank(intent), intent.cue.0));
        // One report tells of everything, and stands for a note that would tell the same.
        if let Some(first) = kept.iter().position(last) {
            let mut number = 0;
            let called = kept
                .iter()
                .rposition(|intent| last(intent) && self.reading.slice(intent.sentence).iter().any(|token| token.kind == Kind::Quoted));
            let keep = called.unwrap_or(first);
            kept.retain(|intent| {
                number += 1;
                !last(intent) || number - 1 == keep
            });
        }
        kept
    }

    /// Whether a word stands in a sentence that tells of people: "they don't know any statistics".
    fn is_told(&self, intent: &Intent) -> bool {
        let sentence = self.reading.slice(intent.sentence);
        let wishes = [
            "want", "need", "like", "wonder", "would", "should", "must", "know", "looking", "trying", "hope", "ask", "asks", "asked",
            "wants", "needs", "prefer",
        ];
        let not = sentence.windows(3).any(|three| three[0].is_any(&["don", "doesn", "didn"]) && three[2].is("t"));
        intent.weight <= 1.0
            && self.reading.intents.len() > 1
            && sentence.first().is_some_and(|token| {
                token.is_any(&["they", "he", "she", "people", "some", "several", "nobody", "everybody", "somebody", "someone", "everyone"])
            })
            && (not || !sentence.iter().any(|token| token.is_any(&wishes)))
            && self.reading.intents.iter().any(|other| other.sentence != intent.sentence)
    }

    /// Whether the same is asked of the same text elsewhere, and more closely: "tl;dr please. Boil it down to four sentences".
    fn is_said_again(&self, intent: &Intent) -> bool {
        if !matches!(intent.capability, "summarize" | "keywords" | "sentiment" | "detect_language" | "analyze")
            || intent.condition.is_some()
        {
            return false;
        }
        let texts = self
            .values
            .iter()
            .filter(|value| matches!(value.what, What::Text | What::Address | What::Artifact(Form::Prose | Form::Paper | Form::Page)))
            .count();
        let numbers = |intent: &Intent| self.reading.slice(intent.region).iter().filter(|token| token.number().is_some()).count();
        texts <= 1
            && self.reading.intents.iter().any(|other| {
                other.capability == intent.capability
                    && other.sentence != intent.sentence
                    && other.condition.is_none()
                    && (numbers(other) > numbers(intent) || (numbers(other) == numbers(intent) && other.sentence.0 < intent.sentence.0))
            })
    }

    /// Whether a source is given, beside lock files and the like.
    fn has_program(&self) -> bool {
        let endings = ["py", "rs", "go", "java", "js", "ts", "tsx", "jsx", "mjs", "zip"];
        let files = self.given.iter().filter_map(|given| given.file.as_deref());
        files.filter_map(|file| file.rsplit_once('.')).any(|(_, ending)| endings.contains(&ending.to_lowercase().as_str()))
    }

    /// Whether a few words add nothing to a question before them: "- with the sums".
    fn is_remark(&self, intent: &Intent) -> bool {
        let sentence = self.reading.slice(intent.sentence);
        let columns: Vec<crate::given::Column> = self.given.iter().flat_map(|given| given.columns.clone()).collect();
        sentence.iter().filter(|token| !token.is_mark()).count() <= 4
            && crate::columns::spoken(sentence, &columns).is_empty()
            && self.reading.intents.iter().any(|other| other.capability == "query" && other.sentence.0 < intent.sentence.0)
    }

    /// Whether a single word only names a column: `project`, `score`.
    fn is_column(&self, intent: &Intent) -> bool {
        let word = self.reading.slice(intent.cue);
        let first = intent.cue.0 == intent.sentence.0;
        word.len() == 1
            && !first
            && !matches!(intent.capability, "query" | "chart" | "report" | "note")
            && self.given.iter().flat_map(|given| &given.columns).any(|column| {
                crate::words::name_stems(&column.name) == [word[0].stem.clone()] && column.name.to_lowercase() == word[0].lower
            })
    }

    /// Whether what is to be drafted is a message about what was found, and no text that needs thinking up.
    fn is_message(&self, intent: &Intent) -> bool {
        let sentence = self.reading.slice(intent.sentence);
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        has(&[
            "mail",
            "email",
            "message",
            "note",
            "memo",
            "text",
            "summary",
            "post",
            "letter",
            "report",
            "announcement",
            "brief",
            "lines",
            "paragraph",
            "it",
            "something",
            "results",
            "findings",
        ]) && !has(&["poem", "slogan", "story", "speech", "blog", "press", "reply", "answer", "article", "song", "advert", "ad"])
    }

    /// Whether words that could ask for a test ask for something else: two numbers that are only compared, or tables without groups.
    fn is_no_test(&self, intent: &Intent) -> bool {
        let sentence = self.reading.slice(intent.sentence);
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let differs = has(&["difference", "differences", "differ", "gap"]);
        let tables = self
            .values
            .iter()
            .filter(|value| {
                matches!(value.what, What::Artifact(Form::Table | Form::Page)) && value.step.is_none() && !value.columns.is_empty()
            })
            .count();
        // Two tables that are held against one another.
        let sure =
            has(&["significant", "significantly", "statistically", "luck", "chance", "coincidence", "fluke", "really", "noise", "anova"]);
        tables >= 2 && !sure && (differs || intent.weight < 2.5)
    }

    /// Questions about the columns of tables that no cue knows.
    fn implied(&self, kept: &mut Vec<Intent>) {
        if !self.reading.scene.has("table") {
            return;
        }
        let columns: Vec<crate::given::Column> =
            self.values.iter().filter(|value| value.step.is_none()).flat_map(|value| value.columns.clone()).collect();
        if columns.is_empty() {
            return;
        }
        for sentence in crate::reading::sentences(&self.reading.tokens) {
            let done = kept.iter().any(|intent| {
                intent.sentence == sentence
                    && matches!(
                        intent.capability,
                        "query"
                            | "chart"
                            | "forecast"
                            | "anomalies"
                            | "test"
                            | "train"
                            | "predict"
                            | "profile"
                            | "sentiment"
                            | "keywords"
                            | "summarize"
                            | "near_duplicates"
                            | "classify"
                            | "detect_language"
                            | "analyze"
                            | "similarity"
                            | "render"
                    )
            });
            if done || (self.is_context(sentence) && !kept.is_empty()) {
                continue;
            }
            let tokens = self.reading.slice(sentence);
            let said = crate::columns::spoken(tokens, &columns);
            let asks = tokens.iter().any(|token| {
                token.is_any(&[
                    "which",
                    "who",
                    "whose",
                    "how",
                    "average",
                    "mean",
                    "median",
                    "total",
                    "sum",
                    "count",
                    "per",
                    "each",
                    "by",
                    "list",
                    "show",
                    "top",
                    "filter",
                    "sort",
                    "rank",
                    "share",
                    "percentage",
                    "whoever",
                    "everyone",
                    "everybody",
                    "all",
                    "find",
                ]) || crate::lexicon::is(token, "most")
                    || crate::lexicon::is(token, "least")
            });
            // "Do taller trees also have thicker trunks?": two measures of the same rows.
            let numbers: Vec<crate::columns::Spoken> = said
                .iter()
                .cloned()
                .chain(crate::columns::related(tokens, &columns, &[crate::given::ColumnKind::Number]))
                .filter(|spoken| spoken.kind == Some(crate::given::ColumnKind::Number))
                .collect();
            let two = numbers.iter().any(|one| numbers.iter().any(|other| other.name != one.name));
            let question =
                tokens.first().is_some_and(|token| token.is_any(&["do", "does", "did", "is", "are", "whether", "if", "check", "can"]));
            if two
                && question
                && tokens.iter().any(|token| {
                    token.is_any(&["also", "more", "less", "when", "better", "worse", "higher", "lower", "longer"])
                        || token.lower.ends_with("er")
                })
            {
                kept.push(Intent {
                    capability: "test",
                    weight: 1.0,
                    sentence,
                    cue: (sentence.0, sentence.0 + 1),
                    region: sentence,
                    condition: None,
                });
                continue;
            }
            if !said.is_empty() && asks {
                let condition = kept.iter().find(|intent| intent.sentence == sentence).and_then(|intent| intent.condition);
                let cue = said.first().map_or(sentence, |spoken| (sentence.0 + spoken.at, sentence.0 + spoken.at + 1));
                kept.push(Intent { capability: "query", weight: 1.0, sentence, cue, region: sentence, condition });
            }
        }
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
        // "A chart of cost by month, plus the total": asked for beside it.
        let before = self
            .reading
            .intents
            .iter()
            .find(|other| other.capability == "chart" && other.sentence == intent.sentence)
            .map_or(0, |other| other.cue.1);
        let beside = self
            .reading
            .slice((before, intent.cue.0.max(before)))
            .iter()
            .any(|token| token.is_any(&["plus", "also", "tell", "besides", "additionally", "say"]));
        chart && !more && !beside && tables <= 1 && intent.weight < 3.0
    }

    /// Whether a word only names an input: "summarize the note".
    fn is_input(&self, intent: &Intent) -> bool {
        let cue = self.reading.slice(intent.cue);
        if cue.len() > 4 {
            return false;
        }
        let last = cue.last();
        let before = intent.cue.1.checked_sub(2).and_then(|place| self.reading.tokens.get(place));
        before.is_some_and(|token| token.is_any(&["the", "this", "that", "my", "our"]))
            && last.is_some_and(|token| self.given.iter().any(|given| crate::words::name_stems(&given.name) == [token.stem.clone()]))
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
