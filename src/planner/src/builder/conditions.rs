//! On what does a part of a goal depend, as an expression over what earlier steps give?

use baton_domain::problem::Code;

use super::numbers::{first, language};
use super::query::comparison;
use super::{Builder, Planned};
use crate::draft::quoted;
use crate::reading::Intent;
use crate::refusal::Refusal;
use crate::values::What;
use crate::words::{Kind, Token};

/// What a number is of: true or false already, or to be compared.
#[derive(Debug, Clone, PartialEq)]
enum Quantity {
    Number { expr: String, label: String },
    Truth(String),
}

impl Builder<'_> {
    /// The expression of a condition.
    pub(super) fn condition_of(&mut self, number: usize) -> Planned<String> {
        if let Some(known) = self.conditions.get(&number) {
            return Ok(known.clone());
        }
        let said = self.reading.conditions[number].clone();
        let tokens = self.reading.slice(said.span).to_vec();
        let words = self.reading.text(said.span);
        let quantity = self.measured(&tokens)?.ok_or_else(|| {
            Refusal::new(
                Code::NoSkillForGoal,
                words.clone(),
                "no rule knows this condition",
                "Say it as a comparison of something that a step finds, as “if more than 20 % of the reviews are negative”.",
            )
        })?;
        let expr = match quantity {
            Quantity::Truth(expr) => {
                if is_negated(&tokens) {
                    negation(&expr)
                } else {
                    expr
                }
            }
            Quantity::Number { expr, .. } => self.compared(&expr, &tokens),
        };
        let expr = if said.negated { negation(&expr) } else { expr };
        self.rules.push(format!("“{words}” is read as `{expr}`"));
        self.conditions.insert(number, expr.clone());
        Ok(expr)
    }

    fn compared(&self, expr: &str, tokens: &[Token]) -> String {
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let place = tokens.iter().position(|token| token.number().is_some());
        if let Some(place) = place.filter(|_| fraction(tokens).is_none()) {
            let operator = comparison(tokens, place).unwrap_or(">");
            let operator = if operator == "=" { "==" } else { operator };
            let value = tokens[place].number().unwrap_or_default();
            return format!("{expr} {operator} {value}");
        }
        let below = has(&["below", "under", "less", "fewer", "lower", "smaller"]);
        if let Some(input) = self.number_input(tokens) {
            return format!("{expr} {} {input}", if below { "<" } else { ">" });
        }
        if let Some(part) = fraction(tokens) {
            return format!("{expr} {} {part}", if below { "<" } else { ">" });
        }
        if has(&["no", "none", "nothing", "not", "without", "isn", "aren"]) && !has(&["ok"]) {
            return format!("{expr} == 0");
        }
        format!("{expr} > 0")
    }

    /// A number that a text speaks of, with what it is called: for documents that write it down.
    pub(crate) fn quantity(&mut self, tokens: &[Token]) -> Planned<Option<(String, String)>> {
        let asks = tokens
            .iter()
            .any(|token| token.is_any(&["number", "many", "share", "percentage", "percent", "count", "proportion", "total", "how"]));
        if !asks {
            return Ok(None);
        }
        Ok(match self.measured(tokens)? {
            Some(Quantity::Number { expr, label }) => Some((label, expr)),
            _ => None,
        })
    }

    /// The last step of a skill; planned first if there is none yet.
    fn found_by(&mut self, capability: &'static str, skill: &str) -> Planned<usize> {
        let last = |builder: &Self| builder.steps.iter().rposition(|step| step.draft.uses == skill && !step.conditional);
        if let Some(step) = last(self) {
            return Ok(step);
        }
        // What a condition asks for is found out before, whatever else depends on it.
        let now = self.now.clone();
        let own = self.condition.take();
        let intent = Intent { capability, condition: None, ..now.clone() };
        self.now = intent;
        let before = self.steps.len();
        match capability {
            "sentiment" | "detect_language" | "analyze" | "near_duplicates" | "classify" | "similarity" => self.language()?,
            "profile" | "anomalies" | "test" | "train" | "forecast" => self.data()?,
            "watch" | "links" => self.web()?,
            "api_docs" => self.documents()?,
            _ => self.code()?,
        }
        self.rules.push(format!("the condition needs `{skill}` first"));
        self.explain(before);
        self.now = now;
        self.condition = own;
        last(self).ok_or_else(|| self.missing("what the condition is about", "Say it in a sentence before."))
    }

    /// What a text speaks of; of a step that goes through a list, of all its outputs together.
    fn measured(&mut self, tokens: &[Token]) -> Planned<Option<Quantity>> {
        let mut found = self.measured_of_one(tokens)?;
        for step in (0..self.steps.len()).filter(|step| self.steps[*step].list) {
            let out = self.output(step);
            let field = format!("{out}.");
            match &mut found {
                Some(Quantity::Truth(expr)) if expr.contains(&field) => {
                    *expr = format!("all({out}, each => {})", expr.replace(&field, "each."))
                }
                Some(Quantity::Number { expr, .. }) if expr.contains(&field) => {
                    *expr = format!("sum(map({out}, each => {}))", expr.replace(&field, "each."))
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn measured_of_one(&mut self, tokens: &[Token]) -> Planned<Option<Quantity>> {
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let stem = |stems: &[&str]| tokens.iter().any(|token| stems.iter().any(|stem| token.stem.starts_with(stem)));
        let share = has(&["share", "percent", "percentage", "proportion", "fraction"])
            || fraction(tokens).is_some()
            || tokens.iter().any(|token| matches!(token.kind, Kind::Percent(_)));
        let number = |expr: String, label: &str| Ok(Some(Quantity::Number { expr, label: label.to_owned() }));
        let truth = |expr: String| Ok(Some(Quantity::Truth(expr)));

        let fetched = self.steps.iter().rposition(|step| step.draft.uses == "web_automation.fetch" && !step.conditional);
        if let Some(step) = fetched.filter(|_| has(&["status", "state", "says", "value"])) {
            return self.stated_value(step, tokens);
        }
        if stem(&["signific"])
            || (has(&["difference", "differ", "differs"]) && self.steps.iter().any(|step| step.draft.uses == "data_science.test"))
        {
            let step = self.found_by("test", "data_science.test")?;
            return truth(format!("any({}.tests, t => t.significant ?? false)", self.output(step)));
        }
        // "If it is more than chance"; "if it is not just luck" is turned round by whoever asks.
        if stem(&["chanc", "luck", "coincid", "nois", "fluke"]) && self.steps.iter().any(|step| step.draft.uses == "data_science.test") {
            let step = self.found_by("test", "data_science.test")?;
            let expr = format!("any({}.tests, t => t.significant ?? false)", self.output(step));
            let beyond = has(&["more", "beyond", "other", "rather", "real"]);
            return truth(if beyond { expr } else { format!("!({expr})") });
        }
        if has(&["p"]) && has(&["value", "p"]) && first(tokens).is_some() {
            let step = self.found_by("test", "data_science.test")?;
            return number(format!("min(map({}.tests, t => t.p ?? 1))", self.output(step)), "p");
        }
        if let Some(label) = ["negative", "positive", "neutral"].into_iter().find(|label| has(&[label])).or_else(|| {
            if has(&["unhappy", "angry", "complaints", "dissatisfied", "upset"]) {
                Some("negative")
            } else if has(&["happy", "satisfied", "pleased"]) {
                Some("positive")
            } else {
                None
            }
        }) {
            return self.mood(label, tokens, share);
        }
        if has(&["sentiment", "mood", "compound"]) {
            let step = self.found_by("sentiment", "nlp.sentiment")?;
            let out = self.output(step);
            let expr = if self.steps[step].list {
                format!("sum(map({out}, r => r.compound)) / max(1, length({out}))")
            } else {
                format!("{out}.compound")
            };
            return number(expr, "mood");
        }
        if stem(&["anomal", "outlier", "unusu", "spike", "suspici", "abnorm", "odd", "strang"]) {
            let step = self.found_by("anomalies", "data_science.anomalies")?;
            return number(format!("{}.found", self.output(step)), "anomalies");
        }
        if stem(&["duplic"]) || (has(&["groups"]) && self.steps.iter().any(|step| step.draft.uses == "nlp.near_duplicates")) {
            let step = self.found_by("near_duplicates", "nlp.near_duplicates")?;
            return number(format!("length({}.groups)", self.output(step)), "groups of duplicates");
        }
        if let Some(found) = self.of_code(tokens)? {
            return Ok(Some(found));
        }
        if stem(&["docum", "descript", "describ", "docstr", "comment"]) && self.reading.scene.has("code") {
            let step = self.found_by("api_docs", "documentation.api_docs")?;
            let out = self.output(step);
            let lacking = stem(&["undocu", "lack", "miss", "without", "not"]);
            return number(
                if share {
                    format!("default({out}.coverage.share, 0)")
                } else if lacking {
                    format!("default({out}.coverage.items, 0) - default({out}.coverage.described, 0)")
                } else {
                    format!("default({out}.coverage.described, 0)")
                },
                "described items",
            );
        }
        if has(&["language"]) || (language(tokens).is_some() && has(&["in", "is", "written", "not"])) {
            let step = self.found_by("detect_language", "nlp.detect_language")?;
            let Some(code) = language(tokens) else { return Ok(None) };
            return truth(format!("{}.language == '{code}'", self.output(step)));
        }
        if stem(&["chang"]) {
            let step = self.found_by("watch", "web_automation.watch")?;
            return truth(format!("{}.state == 'changed'", self.output(step)));
        }
        if has(&["words", "word"]) || (has(&["longer", "shorter", "long"]) && first(tokens).is_some()) || has(&["sentences"]) {
            let step = self.found_by("analyze", "nlp.analyze")?;
            let field = if has(&["sentences"]) {
                "sentences"
            } else if has(&["characters"]) {
                "characters"
            } else {
                "words"
            };
            return number(format!("default({}.counts.{field}, 0)", self.output(step)), field);
        }
        if has(&["accuracy", "r2", "accurate"]) || has(&["squared"]) {
            let step = self.found_by("train", "data_science.train")?;
            let field = if has(&["r2", "squared"]) { "r2" } else { "accuracy" };
            return number(
                format!("default(last(filter(map(default({}.metrics, []), m => m.{field}), v => v != null)), 0)", self.output(step)),
                field,
            );
        }
        if has(&["rows", "records", "lines", "entries"])
            && self
                .steps
                .iter()
                .all(|step| !matches!(step.draft.uses.as_str(), "web_automation.parse" | "web_automation.extract" | "data_science.query"))
        {
            let step = self.found_by("profile", "data_science.profile")?;
            return number(format!("{}.rows", self.output(step)), "rows");
        }
        if has(&["forecast", "predicted", "prediction"]) {
            let step = self.found_by("forecast", "data_science.forecast")?;
            let below = has(&["below", "under", "falls", "drops", "less", "lower"]);
            return number(
                format!("{}(map({}.forecast, f => f.value ?? 0))", if below { "min" } else { "max" }, self.output(step)),
                "forecast",
            );
        }
        if has(&["links", "link"]) {
            let step = self.found_by("links", "web_automation.links")?;
            return number(format!("{}.count", self.output(step)), "links");
        }
        if let Some(found) = self.of_labels(tokens) {
            return Ok(Some(found));
        }
        if has(&["contains", "contain", "mentions", "mention", "includes", "says", "speaks"]) {
            return self.mentions(tokens);
        }
        // What the last step has counted.
        let counted = self.steps.iter().rposition(|step| {
            !step.conditional
                && matches!(
                    step.draft.uses.as_str(),
                    "web_automation.parse"
                        | "web_automation.extract"
                        | "data_science.query"
                        | "web_automation.tables"
                        | "web_automation.crawl"
                )
        });
        if let Some(step) =
            counted.filter(|_| has(&["entries", "records", "rows", "items", "results", "any", "more", "least", "tables", "pages"]))
        {
            let field = if self.steps[step].draft.uses == "data_science.query" { "rows" } else { "count" };
            return number(format!("{}.{field}", self.output(step)), "entries");
        }
        if let Some(found) = self.of_last_step(tokens) {
            return Ok(Some(found));
        }
        if let Some(input) = self.number_input(tokens).filter(|_| first(tokens).is_some()) {
            return number(input, "the input");
        }
        Ok(None)
    }

    /// "If so", "if there are more than three": what the last step has found.
    fn of_last_step(&self, tokens: &[Token]) -> Option<Quantity> {
        let vague = tokens.iter().all(|token| {
            token.is_any(&[
                "so", "yes", "it", "is", "does", "there", "are", "any", "more", "than", "least", "at", "not", "no", "some", "of", "them",
                "were", "they", "one", "has", "have", "been", "found", "really", "that", "the", "case", "finds", "find", "you", "be",
                "should", "fewer", "less", "over", "such",
            ]) || token.number().is_some()
                || token.is_mark()
        });
        let step = self.steps.iter().rposition(|step| !step.bridge && step.draft.condition.is_none()).filter(|_| vague)?;
        let out = self.output(step);
        let number = |expr: String, label: &str| Some(Quantity::Number { expr, label: label.to_owned() });
        match self.steps[step].draft.uses.as_str() {
            "data_science.anomalies" => number(format!("{out}.found"), "anomalies"),
            "nlp.near_duplicates" => number(format!("length({out}.groups)"), "groups"),
            "data_science.query" => number(format!("{out}.rows"), "rows"),
            "web_automation.links" | "web_automation.extract" | "web_automation.parse" | "web_automation.tables" => {
                number(format!("{out}.count"), "entries")
            }
            "code_analysis.security_audit"
            | "code_analysis.secrets"
            | "code_analysis.performance_review"
            | "code_analysis.best_practices"
            | "code_analysis.dependencies" => number(format!("{out}.summary.findings"), "findings"),
            "web_automation.watch" => Some(Quantity::Truth(format!("{out}.state == 'changed'"))),
            "data_science.test" => Some(Quantity::Truth(format!("any({out}.tests, t => t.significant ?? false)"))),
            _ => None,
        }
    }

    fn mood(&mut self, label: &str, tokens: &[Token], share: bool) -> Planned<Option<Quantity>> {
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let step = self.found_by("sentiment", "nlp.sentiment")?;
        let out = self.output(step);
        let list = self.steps[step].list;
        let parts = if list { out.clone() } else { format!("{out}.sentences") };
        let of = |label: &str| format!("length(filter({parts}, r => r.label == '{label}'))");
        let counted = first(tokens).is_some()
            || has(&["number", "many", "count", "any", "some", "no", "none", "least"])
            || self.number_input(tokens).is_some();
        Ok(Some(if has(&["than"]) && has(&["negative"]) && has(&["positive"]) {
            let negative = tokens.iter().position(|token| token.is("negative"));
            let positive = tokens.iter().position(|token| token.is("positive"));
            let (more, less) = if negative < positive { ("negative", "positive") } else { ("positive", "negative") };
            Quantity::Truth(format!("{} > {}", of(more), of(less)))
        } else if share {
            Quantity::Number { expr: format!("{} / max(1, length({parts}))", of(label)), label: format!("share of {label} ones") }
        } else if counted {
            Quantity::Number { expr: of(label), label: format!("{label} ones") }
        } else if list {
            // Most of them; or what they sum up to.
            Quantity::Truth(format!("sum(map({out}, r => r.compound)) {} 0", if label == "negative" { "<" } else { ">" }))
        } else {
            Quantity::Truth(format!("{out}.label == '{label}'"))
        }))
    }

    fn of_code(&mut self, tokens: &[Token]) -> Planned<Option<Quantity>> {
        let stem = |stems: &[&str]| tokens.iter().any(|token| stems.iter().any(|stem| token.stem.starts_with(stem)));
        let last = self
            .steps
            .iter()
            .rposition(|step| !step.conditional && step.draft.uses.starts_with("code_analysis.") && !step.draft.uses.ends_with("metrics"));
        let step = if stem(&["secret", "credenti", "password", "key"]) {
            Some(self.found_by("secrets", "code_analysis.secrets")?)
        } else if stem(&["vulnerab", "secur", "hole", "weakness", "inject"])
            && !self.steps.iter().any(|step| step.draft.uses == "code_analysis.dependencies")
        {
            Some(self.found_by("security", "code_analysis.security_audit")?)
        } else if stem(&["complex", "cyclomat"]) {
            let step = self.found_by("metrics", "code_analysis.metrics")?;
            return Ok(Some(Quantity::Number {
                expr: format!("default(max(map({}.functions, f => f.cyclomatic)), 0)", self.output(step)),
                label: "complexity".to_owned(),
            }));
        } else if stem(&["find", "found", "issu", "problem", "error", "warn", "vulnerab", "anyth", "someth", "critic", "weakness"]) {
            last
        } else {
            None
        };
        let Some(step) = step else { return Ok(None) };
        let field = if stem(&["error", "critic", "serious", "sever"]) {
            "errors"
        } else if stem(&["warn"]) {
            "warnings"
        } else {
            "findings"
        };
        Ok(Some(Quantity::Number { expr: format!("{}.summary.{field}", self.output(step)), label: field.to_owned() }))
    }

    /// The label of a classification: quoted, or one of the words after `is`.
    fn of_labels(&self, tokens: &[Token]) -> Option<Quantity> {
        let step = self.steps.iter().rposition(|step| step.draft.uses == "nlp.classify" && !step.conditional)?;
        let labels = self.steps[step].draft.with.get("labels")?.as_array()?;
        let names: Vec<&str> = labels.iter().filter_map(|label| label["name"].as_str()).collect();
        let said = names.iter().find(|name| {
            tokens.iter().any(|token| token.lower == name.to_lowercase() || crate::words::name_stems(name) == [token.stem.clone()])
        })?;
        let out = self.output(step);
        Some(if self.steps[step].list {
            Quantity::Number { expr: format!("length(filter({out}, r => r.label == {}))", quoted(said)), label: (*said).to_owned() }
        } else {
            Quantity::Truth(format!("{out}.label == {}", quoted(said)))
        })
    }

    /// Whether a text has a word in it.
    fn mentions(&self, tokens: &[Token]) -> Planned<Option<Quantity>> {
        let verb =
            tokens.iter().position(|token| token.is_any(&["contains", "contain", "mentions", "mention", "includes", "says", "speaks"]));
        let word = tokens.iter().find(|token| token.kind == Kind::Quoted).or_else(|| {
            tokens
                .get(verb? + 1..)?
                .iter()
                .find(|token| token.kind == Kind::Word && !token.is_any(&["the", "a", "an", "word", "of", "about"]))
        });
        let text = (0..self.values.len())
            .rev()
            .filter(|place| self.values[*place].what == What::Text && !self.values[*place].list && self.is_sure(*place))
            .max_by_key(|place| self.current == Some(*place));
        Ok(match (word, text) {
            (Some(word), Some(text)) => {
                Some(Quantity::Truth(format!("contains(lower({}), {})", self.values[text].expr, quoted(&word.lower))))
            }
            _ => None,
        })
    }

    /// Whether JSON that was fetched says that something is so: `"status": "ok"`.
    fn stated_value(&self, step: usize, tokens: &[Token]) -> Planned<Option<Quantity>> {
        let name = tokens.iter().position(|token| token.is_any(&["status", "state", "value"]));
        let field = name.map(|place| tokens[place].lower.clone()).unwrap_or_default();
        let value = tokens.iter().rev().find(|token| {
            (token.kind == Kind::Quoted || token.kind == Kind::Word || token.number().is_some()) && !token.is_any(&["there", "it", "is"])
        });
        let Some(value) = value else { return Ok(None) };
        let shown = if value.number().is_some() { value.text.clone() } else { format!("\"{}\"", value.lower) };
        let wanted = quoted(&format!("\"{field}\":{shown}"));
        let text = format!("lower(replace(replace(default({}.text, ' '), ' ', ''), '\n', ''))", self.output(step)).replace("'\n'", "'\\n'");
        let text = text.replace("replace(replace(", "replace(").replace(", '\\n', '')", "");
        Ok(Some(Quantity::Truth(format!("contains({text}, {wanted})"))))
    }
}

/// A share in words: "more than a fifth of them", "two thirds".
fn fraction(tokens: &[Token]) -> Option<f64> {
    let parts =
        [("half", 0.5), ("third", 1.0 / 3.0), ("quarter", 0.25), ("fifth", 0.2), ("sixth", 1.0 / 6.0), ("eighth", 0.125), ("tenth", 0.1)];
    tokens.iter().enumerate().find_map(|(place, token)| {
        let (_, part) = parts.iter().find(|(word, _)| token.is(word) || token.lower == format!("{word}s"))?;
        let before = place.checked_sub(1).map(|before| &tokens[before]);
        let many = before.and_then(Token::number).filter(|many| *many >= 1.0 && *many < 10.0);
        let one = before.is_some_and(|token| token.is_any(&["a", "an", "one", "than", "the", "least"]));
        (one || many.is_some() || token.is("half")).then_some(part * many.unwrap_or(1.0))
    })
}

/// The other way round.
fn negation(expr: &str) -> String {
    let inner = expr.strip_prefix("!(").and_then(|rest| rest.strip_suffix(')'));
    inner.filter(|inner| !inner.contains(") && !(")).map_or_else(|| format!("!({expr})"), str::to_owned)
}

fn is_negated(tokens: &[Token]) -> bool {
    let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
    let anything_but = tokens.windows(2).any(|pair| pair[0].is_any(&["anything", "other"]) && pair[1].is_any(&["but", "than"]));
    has(&["not", "isn", "aren", "wasn", "doesn", "no", "hasn", "never", "neither"]) || anything_but
}
