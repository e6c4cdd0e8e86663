//! How are texts worked on: summaries, keywords, moods, languages, classes, likeness?

use baton_domain::model::ModelTier;
use serde_json::{Map, Value as Json, json};

use super::numbers::{beside, language};
use super::sources::{Feed, Need, rank};
use super::{Builder, Planned};
use crate::draft::{expression, literal};
use crate::given::Form;
use crate::values::{Value, What};
use crate::words::Token;

impl Builder<'_> {
    pub(super) fn language(&mut self) -> Planned<()> {
        match self.now.capability {
            "near_duplicates" => return self.near_duplicates(),
            "similarity" => return self.similarity(),
            "draft" | "ask" => return self.draft(),
            _ => {}
        }
        // Whether the skill can be had is known before its text is looked for.
        let (skill, path, label, names): (&str, &str, &str, &[&str]) = match self.now.capability {
            "summarize" => ("nlp.summarize", "text", "the summary", &["summary", "summaries", "digest", "short version"]),
            "analyze" => ("nlp.analyze", "entities", "the analysis", &["entities", "analysis"]),
            "keywords" => ("nlp.keywords", "keywords", "the keywords", &["keywords", "topics", "tags"]),
            "detect_language" => ("nlp.detect_language", "language", "the language", &["language"]),
            "sentiment" => ("nlp.sentiment", "label", "the mood", &["sentiment", "mood"]),
            "classify" => ("nlp.classify", "label", "the label", &["label", "category", "labels", "categories"]),
            "translate" => ("nlp.translate", "translation", "the translation", &["translation"]),
            _ => ("documentation.rewrite", "text", "the new text", &["new text", "rewritten text"]),
        };
        self.skill(skill)?;
        let parameters = self.text_parameters()?;
        let feed = self.text_for(skill)?;
        let feed = self.only_some(feed);
        let mut with = feed.map();
        with.extend(parameters);
        let why = if feed.list.is_some() { format!("For each text: {}.", self.clause()) } else { format!("{}.", self.clause()) };
        let step = self.step(skill, with, feed.list.clone(), &why)?;
        let what = if matches!(self.now.capability, "summarize" | "translate" | "rewrite") { What::Text } else { What::Other };
        let made = self.product(step, what, path, label, None);
        let value = self.values[made].clone().named(names);
        // A translation takes the place of its text; a summary stands beside it.
        let flows = matches!(self.now.capability, "translate" | "rewrite");
        self.values[made] = if flows { value.flowing() } else { value };
        self.current = Some(if flows { made } else { feed.of });
        Ok(())
    }

    /// The text that a skill works on; of what was just made, a translation takes the result, not its source.
    fn text_for(&mut self, skill: &str) -> Planned<Feed> {
        if matches!(skill, "nlp.translate" | "documentation.rewrite") {
            let last = self.values.iter().rposition(|value| {
                value.what == What::Text
                    && value.step.is_some_and(|step| !self.steps[step].conditional || self.steps[step].draft.condition == self.condition)
            });
            let region = self.region();
            let speaks = self.values.iter().any(|value| value.step.is_none() && value.mentioned(&region).is_some());
            if let Some(last) = last.filter(|_| !speaks) {
                self.rules.push(format!("it goes on with {}", self.values[last].label));
                return Ok(self.direct("text", last));
            }
        }
        self.text()
    }

    /// "For the French ones": those texts of a list of which an earlier step has said so.
    fn only_some(&mut self, feed: Feed) -> Feed {
        let Some(list) = feed.list.clone() else { return feed };
        let region = self.region();
        let ones = |place: usize| {
            region.get(place + 1).is_some_and(|next| {
                next.is_any(&[
                    "ones",
                    "reviews",
                    "messages",
                    "texts",
                    "comments",
                    "letters",
                    "mails",
                    "tickets",
                    "answers",
                    "remarks",
                    "entries",
                    "posts",
                    "emails",
                    "notes",
                    "complaints",
                ])
            })
        };
        let made = |skill: &str| {
            self.steps
                .iter()
                .rposition(|step| step.draft.uses == skill && step.draft.foreach.as_ref() == Some(&list) && step.draft.condition.is_none())
        };
        let mut test = None;
        for (place, token) in region.iter().enumerate().filter(|(place, _)| ones(*place)) {
            let mood = if crate::lexicon::is(token, "angry") || token.is("negative") {
                Some("negative")
            } else if crate::lexicon::is(token, "glad") {
                Some("positive")
            } else {
                token.is("neutral").then_some("neutral")
            };
            let found = match (language(&region[place..=place]), mood) {
                (Some(code), _) => made("nlp.detect_language").map(|step| (step, format!("language == '{code}'"))),
                (None, Some(label)) => made("nlp.sentiment").map(|step| (step, format!("label == '{label}'"))),
                _ => None,
            };
            test = test.or(found);
        }
        let Some((step, test)) = test else { return feed };
        let out = self.output(step);
        self.rules.push(format!("only those of which `{}` says {test}", self.steps[step].draft.uses));
        Feed { list: Some(format!("map(filter(range(0, length({list})), i => {out}[i].{test}), i => default({list}[i], ' '))")), ..feed }
    }

    fn text_parameters(&self) -> Planned<Map<String, Json>> {
        let region = self.region();
        let sentence = self.sentence();
        let mut with = Map::new();
        match self.now.capability {
            "summarize" => {
                let words = ["sentence", "sentences", "line", "lines"];
                let count =
                    beside(&region, &words).or_else(|| beside(&sentence, &words)).or_else(|| beside(&region, &["points", "bullets"]));
                if let Some(count) = count {
                    with.insert("sentences".to_owned(), json!(count.clamp(1, 100)));
                } else if let Some(input) = self.number_named(&["sentence", "length"]) {
                    with.insert("sentences".to_owned(), expression(&format!("round({input})")));
                } else if region.iter().any(|token| token.is("sentence")) {
                    with.insert("sentences".to_owned(), json!(1));
                }
            }
            "keywords" => {
                let words = ["keyword", "keywords", "words", "terms", "phrases", "tags", "topics", "key", "top"];
                if let Some(count) = beside(&region, &words).or_else(|| beside(&sentence, &words)) {
                    with.insert("count".to_owned(), json!(count.clamp(1, 100)));
                } else if let Some(input) = self.number_named(&["keyword", "count"]) {
                    with.insert("count".to_owned(), expression(&format!("round({input})")));
                }
            }
            "translate" => {
                let target = language(&region).or_else(|| language(&sentence));
                let Some(target) = target else {
                    return Err(self.missing("the language to translate into", "Say it: “into German”."));
                };
                with.insert("target".to_owned(), json!(target));
            }
            "classify" => {
                with.insert("labels".to_owned(), self.labels_of(&sentence)?);
                if !self.terms.able(ModelTier::Small) {
                    with.insert("method".to_owned(), json!("rules"));
                }
            }
            "rewrite" => {
                let goals = [
                    ("formal", "formal"),
                    ("formally", "formal"),
                    ("simplify", "simplify"),
                    ("simpler", "simplify"),
                    ("simple", "simplify"),
                    ("plain", "simplify"),
                    ("shorter", "shorten"),
                    ("grammar", "correct"),
                    ("proofread", "correct"),
                ];
                if let Some((_, goal)) = goals.iter().find(|(word, _)| sentence.iter().any(|token| token.is(word))) {
                    with.insert("goal".to_owned(), json!(goal));
                }
            }
            _ => {}
        }
        Ok(with)
    }

    fn draft(&mut self) -> Planned<()> {
        let skill = if self.now.capability == "ask" { "prompt.answer" } else { "documentation.draft" };
        self.skill(skill)?;
        let clause = self.clause();
        let with = if skill == "prompt.answer" {
            let feed = self.text()?;
            if feed.key != "text" {
                return Err(self.missing("a text", "Give what the model is to work on as a text."));
            }
            Map::from_iter([("instructions".to_owned(), literal(&clause)), ("input".to_owned(), feed.value)])
        } else {
            Map::from_iter([("brief".to_owned(), literal(&clause))])
        };
        let step = self.step(skill, with, None, &format!("{clause}."))?;
        let made = self.product(step, What::Text, "text", "the draft", None);
        self.values[made].flows = true;
        self.current = Some(made);
        Ok(())
    }

    fn near_duplicates(&mut self) -> Planned<()> {
        self.skill("nlp.near_duplicates")?;
        let picked = self.pick(Need::Text, "a list of texts", "Give a file with many texts, or a list of texts.")?;
        let mut with = Map::new();
        match picked.as_slice() {
            [one] => {
                let value = self.values[*one].clone();
                match value.what {
                    What::Artifact(Form::Table) if !value.list => {
                        with.insert("artifact".to_owned(), value.json());
                        if !value.columns.is_empty() || !crate::columns::spoken(&self.sentence(), &[]).is_empty() {
                            with.insert("column".to_owned(), literal(&self.text_column(*one)?));
                        }
                    }
                    What::Artifact(Form::Prose | Form::Unknown | Form::Data) if !value.list => {
                        with.insert("artifact".to_owned(), value.json());
                        let sentence = self.sentence();
                        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
                        if has(&["paragraph", "paragraphs"]) {
                            with.insert("format".to_owned(), json!("paragraphs"));
                        } else if has(&["line", "lines"]) {
                            with.insert("format".to_owned(), json!("lines"));
                        }
                    }
                    What::Artifact(Form::Prose | Form::Unknown) => {
                        with.insert("artifacts".to_owned(), expression(&value.expr));
                    }
                    _ => {
                        let feed = self.text_of(&picked)?;
                        let Some(list) = feed.list else {
                            return Err(self.missing("a list of texts", "Give several texts, or a file with many."));
                        };
                        with.insert("texts".to_owned(), expression(&list));
                    }
                }
            }
            several => {
                let feed = self.text_of(several)?;
                let key = if feed.key == "artifact" { "artifacts" } else { "texts" };
                with.insert(key.to_owned(), expression(&feed.list.unwrap_or_default()));
            }
        }
        let sentence = self.sentence();
        let least = sentence.iter().filter_map(Token::number).find(|value| (0.3..=1.0).contains(value));
        match least {
            Some(least) => {
                with.insert("threshold".to_owned(), json!(least));
            }
            None => {
                let named = self.number_named(&["threshold", "likeness", "similar", "least", "cutoff"]);
                if let Some(input) = named.or_else(|| self.number_input(&sentence)) {
                    with.insert("threshold".to_owned(), expression(&input));
                }
            }
        }
        let why = format!("{}.", self.clause());
        let step = self.step("nlp.near_duplicates", with, None, &why)?;
        let made = self.product(step, What::Other, "groups", "the groups of duplicates", None);
        self.values[made] = self.values[made].clone().named(&["duplicates", "groups"]);
        self.current = picked.first().copied();
        Ok(())
    }

    fn similarity(&mut self) -> Planned<()> {
        self.skill("nlp.similarity")?;
        let fits: Vec<usize> =
            (0..self.values.len()).filter(|place| rank(&self.values[*place], Need::Text) > 0 && self.is_sure(*place)).collect();
        let singles: Vec<usize> = fits
            .iter()
            .copied()
            .filter(|place| !self.values[*place].list && !matches!(self.values[*place].what, What::Records | What::Artifact(Form::Table)))
            .collect();
        // What a document gives beside its text is no list to compare with.
        let beside = |place: &usize| {
            let value = &self.values[*place];
            value.what == What::Records && value.step.is_some_and(|step| self.steps[step].draft.uses == "web_automation.parse")
        };
        let lists: Vec<usize> = fits.iter().copied().filter(|place| !singles.contains(place) && !beside(place)).collect();
        // Texts that were given are compared, not what was made of them beside.
        let given: Vec<usize> = singles.iter().copied().filter(|place| self.values[*place].step.is_none()).collect();
        let singles = if given.len() >= 2 { given } else { singles };
        let (one, others) = match (singles.as_slice(), lists.as_slice()) {
            ([one, ..], [list, ..]) => (*one, vec![*list]),
            ([one, rest @ ..], []) if !rest.is_empty() => {
                // The one that is compared with the others: the first that the goal speaks of.
                let tokens = self.reading.tokens.clone();
                let mut order: Vec<(usize, usize)> = std::iter::once(one)
                    .chain(rest)
                    .map(|place| (self.values[*place].mentioned(&tokens).map_or(usize::MAX, |(at, _)| at), *place))
                    .collect();
                order.sort_unstable();
                (order[0].1, order[1..].iter().map(|(_, place)| *place).collect())
            }
            _ => return Err(self.missing("a text and others to compare it with", "Give one text and a list of others.")),
        };
        let main = self.text_of(&[one])?;
        let rest = self.text_of(&others)?;
        let mut with = main.map();
        let key = if rest.key == "artifact" { "other_artifacts" } else { "others" };
        let list = match (&rest.list, rest.value.as_str()) {
            (Some(list), _) => expression(list),
            (None, Some(text)) => json!([text]),
            _ => return Err(self.missing("texts to compare with", "Give a list of texts.")),
        };
        with.insert(key.to_owned(), list);
        let why = format!("{}.", self.clause());
        let step = self.step("nlp.similarity", with, None, &why)?;
        let made = self.product(step, What::Other, "texts", "the likeness", None);
        self.values[made] = self.values[made].clone().named(&["similarity", "likeness", "match"]);
        let closest = Value {
            what: What::Text,
            expr: format!("default(first({}.texts).text, ' ')", self.output(step)),
            step: Some(step),
            ..Value::new(What::Text, "", "the closest text")
        }
        .named(&["best match", "closest"]);
        self.values.push(closest);
        self.current = Some(one);
        Ok(())
    }
}
