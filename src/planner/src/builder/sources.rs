//! What does a step work on, and which steps make that of what is there?

use serde_json::{Map, Value as Json, json};

use super::{Builder, Planned};
use crate::draft::{ITEM, expression};
use crate::given::{ColumnKind, Form};
use crate::values::{Value, What};
use crate::words::Token;

/// What a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Text,
    Table,
    Page,
    Document,
    Source,
    Address,
    Log,
    Interface,
}

/// What a step is given: a property of its input, for one value or for each of a list.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    pub(crate) key: &'static str,
    pub(crate) value: Json,
    pub(crate) list: Option<String>,
    /// The value that it was made of.
    pub(crate) of: usize,
}

impl Feed {
    pub(crate) fn map(&self) -> Map<String, Json> {
        Map::from_iter([(self.key.to_owned(), self.value.clone())])
    }
}

/// Words that say that all of several are meant.
const ALL: &[&str] = &[
    "each",
    "every",
    "all",
    "both",
    "them",
    "these",
    "those",
    "files",
    "texts",
    "documents",
    "pages",
    "reviews",
    "two",
    "three",
    "four",
    "either",
    "any",
    "one",
    "everything",
    "together",
    "they",
];

/// How well a value fits what is needed; 0 if it does not.
pub(crate) fn rank(value: &Value, need: Need) -> u8 {
    use What::{Address, Artifact, Connection, Records, Text};
    let address = value.literal.as_deref().unwrap_or_default().to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| address.ends_with(ending));
    match (need, value.what) {
        (Need::Text, Text | Artifact(Form::Prose)) => 10,
        (Need::Text, Artifact(Form::Paper | Form::Page)) => 8,
        (Need::Text, Address) => 7,
        (Need::Text, Records | Artifact(Form::Unknown)) => 6,
        (Need::Text, Artifact(Form::Table)) => 5,
        (Need::Table, Artifact(Form::Table)) => 10,
        (Need::Table, Address) => {
            if ends(&[".csv", ".tsv", ".ndjson", ".parquet", ".json"]) {
                8
            } else {
                5
            }
        }
        (Need::Table, Artifact(Form::Unknown)) => 6,
        (Need::Table, Artifact(Form::Page | Form::Data)) => 4,
        (Need::Table, Artifact(Form::Prose)) => 2,
        (Need::Page, Address) => 10,
        (Need::Page, Artifact(Form::Page)) => 9,
        (Need::Page, Artifact(Form::Unknown)) => 3,
        (Need::Document, Artifact(Form::Paper)) => 10,
        (Need::Document, Address) => 8,
        (Need::Document, Artifact(Form::Unknown | Form::Page)) => 5,
        (Need::Source, Artifact(Form::Source)) => 10,
        (Need::Source, Artifact(Form::Archive)) => 9,
        (Need::Source, Address) => 7,
        (Need::Source, Artifact(Form::Unknown | Form::Data)) => 6,
        (Need::Source, Text) if value.step.is_none() || value.flows => 5,
        (Need::Source, Artifact(Form::Prose)) => 3,
        (Need::Address, Address) => 10,
        (Need::Log, Text | Artifact(Form::Prose)) => 9,
        (Need::Log, Artifact(Form::Unknown | Form::Data)) => 5,
        (Need::Log, Address) => 4,
        (Need::Interface, Artifact(Form::Source | Form::Data)) => 10,
        (Need::Interface, Artifact(Form::Archive)) => 9,
        (Need::Interface, Artifact(Form::Unknown)) | (_, Connection) if need == Need::Interface && value.what != Connection => 5,
        (Need::Interface, Address) => 6,
        (Need::Interface, Text) => 4,
        _ => 0,
    }
}

impl Builder<'_> {
    /// The values that the present part is about, by their places; several where all of them are meant.
    pub(crate) fn pick(&mut self, need: Need, what: &str, advice: &str) -> Planned<Vec<usize>> {
        let region = self.region();
        let sentence = self.sentence();
        let fits: Vec<usize> =
            (0..self.values.len()).filter(|place| rank(&self.values[*place], need) > 0 && self.is_sure(*place)).collect();
        // What the same sentence has just asked a table for is what it draws.
        if self.now.capability == "chart"
            && let Some(current) =
                self.current.filter(|current| fits.contains(current) && self.values[*current].flows && self.values[*current].step.is_some())
            && self.explanation.clauses.last().is_some_and(|clause| clause.sentence == self.now.sentence)
        {
            self.rules.push(format!("it goes on with {}", self.values[current].label));
            return Ok(vec![current]);
        }
        for (tokens, name) in [(&region, "part"), (&sentence, "sentence")] {
            let spoken = self.spoken_of(&fits, tokens, need);
            if !spoken.is_empty() {
                self.rules.push(format!("the {name} speaks of {}", self.labels(&spoken)));
                return Ok(spoken);
            }
        }
        if let Some(current) = self.current.filter(|current| fits.contains(current)) {
            self.rules.push(format!("it goes on with {}", self.values[current].label));
            return Ok(vec![current]);
        }
        if let Some(made) = fits.iter().rev().find(|place| self.values[**place].flows) {
            self.rules.push(format!("it goes on with {}", self.values[*made].label));
            return Ok(vec![*made]);
        }
        let best = fits.iter().filter(|place| self.values[**place].step.is_none()).map(|place| rank(&self.values[*place], need)).max();
        let inputs: Vec<usize> = fits
            .iter()
            .copied()
            .filter(|place| self.values[*place].step.is_none() && Some(rank(&self.values[*place], need)) == best)
            .collect();
        match inputs.as_slice() {
            [] => {}
            [one] => {
                self.rules.push(format!("{} is the only one that fits", self.values[*one].label));
                return Ok(inputs);
            }
            several => {
                // One that another part of the goal speaks of is likelier.
                let tokens = self.reading.tokens.clone();
                let spoken = self.spoken_of(several, &tokens, need);
                if spoken.len() == 1 {
                    return Ok(spoken);
                }
                if region.iter().chain(&sentence).any(|token| token.is_any(ALL)) {
                    self.rules.push(format!("all of {} are meant", self.labels(several)));
                    return Ok(inputs);
                }
                if need == Need::Table {
                    // Their columns may tell.
                    return Ok(inputs);
                }
                let candidates = several.iter().map(|place| self.values[*place].label.clone()).collect();
                return Err(self.ambiguous(format!("{what} could be any of {}", self.labels(several)), candidates));
            }
        }
        match fits.last() {
            Some(last) => Ok(vec![*last]),
            None => Err(self.missing(what, advice)),
        }
    }

    /// Whether a value is there wherever the present part is done: a step that is skipped gives nothing.
    pub(crate) fn is_sure(&self, place: usize) -> bool {
        let step = self.values[place].step.map(|step| &self.steps[step]);
        step.is_none_or(|step| !step.conditional || step.draft.condition == self.condition)
    }

    fn labels(&self, places: &[usize]) -> String {
        places.iter().map(|place| self.values[*place].label.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Those of some values that a text speaks of.
    fn spoken_of(&self, places: &[usize], tokens: &[Token], need: Need) -> Vec<usize> {
        let mut found: Vec<(usize, (usize, usize))> =
            places.iter().filter_map(|place| self.values[*place].mentioned(tokens).map(|at| (*place, at))).collect();
        // A longer name that holds a shorter one is the one that is meant.
        let all = found.clone();
        found.retain(|(place, (at, length))| {
            !all.iter().any(|(other, (from, long))| other != place && long > length && *from <= *at && at + length <= from + long)
        });
        let best = found.iter().map(|(place, _)| rank(&self.values[*place], need)).max();
        let inputs: Vec<usize> =
            found.iter().map(|(place, _)| *place).filter(|place| Some(rank(&self.values[*place], need)) == best).collect();
        // What a step has made is meant before what it was made of, if both are called the same.
        let made: Vec<usize> = inputs.iter().copied().filter(|place| self.values[*place].step.is_some()).collect();
        match made.last() {
            Some(last) => vec![*last],
            None => inputs,
        }
    }

    /// A text to work on, or each of a list of texts.
    pub(crate) fn text(&mut self) -> Planned<Feed> {
        let picked = self.pick(Need::Text, "a text", "Give a text, a file, or the address of a page.")?;
        self.text_of(&picked)
    }

    pub(crate) fn text_of(&mut self, picked: &[usize]) -> Planned<Feed> {
        let mut feeds = Vec::new();
        for place in picked {
            feeds.push(self.one_text(*place)?);
        }
        self.several(feeds, "texts")
    }

    /// Several as the values of one list.
    fn several(&self, feeds: Vec<Feed>, what: &str) -> Planned<Feed> {
        let mut rest = feeds.iter();
        let Some(first) = rest.next() else { return Err(self.missing(what, "Give one.")) };
        if feeds.len() == 1 {
            return Ok(first.clone());
        }
        let same = feeds.iter().all(|feed| feed.key == first.key);
        if !same {
            let candidates = feeds.iter().map(|feed| self.values[feed.of].label.clone()).collect();
            return Err(self.ambiguous(format!("the {what} are of different kinds"), candidates));
        }
        let lists: Vec<String> =
            feeds.iter().map(|feed| feed.list.clone().unwrap_or_else(|| format!("[{}]", self.values_expr(feed)))).collect();
        let list = if feeds.iter().all(|feed| feed.list.is_none()) {
            format!("[{}]", feeds.iter().map(|feed| self.values_expr(feed)).collect::<Vec<_>>().join(", "))
        } else {
            format!("flatten([{}])", lists.join(", "))
        };
        Ok(Feed { key: first.key, value: expression(ITEM), list: Some(list), of: first.of })
    }

    fn values_expr(&self, feed: &Feed) -> String {
        let text = feed.value.as_str().unwrap_or_default();
        text.strip_prefix("${{ ").and_then(|text| text.strip_suffix(" }}")).map_or_else(|| crate::draft::quoted(text), str::to_owned)
    }

    /// A feed of a value as it is.
    pub(crate) fn direct(&self, key: &'static str, place: usize) -> Feed {
        let value = &self.values[place];
        if value.list {
            Feed { key, value: expression(ITEM), list: Some(value.expr.clone()), of: place }
        } else {
            Feed { key, value: value.json(), list: None, of: place }
        }
    }

    fn one_text(&mut self, place: usize) -> Planned<Feed> {
        let value = self.values[place].clone();
        match value.what {
            What::Text => Ok(self.direct("text", place)),
            What::Artifact(Form::Prose | Form::Unknown) => Ok(self.direct("artifact", place)),
            What::Artifact(Form::Paper) => {
                let made = self.parsed(place)?;
                Ok(self.direct("text", made))
            }
            What::Artifact(Form::Page) | What::Address => {
                let made = if is_paper(&value) { self.parsed(place)? } else { self.article_of(place)? };
                Ok(self.direct("text", made))
            }
            What::Artifact(Form::Table) => {
                let made = self.column_of_texts(place)?;
                Ok(self.direct("text", made))
            }
            What::Records => {
                let made = self.texts_of_records(place)?;
                Ok(self.direct("text", made))
            }
            _ => Err(self.missing("a text", "Give a text, a file, or the address of a page.")),
        }
    }

    fn made(&mut self, place: usize, into: &'static str) -> Option<usize> {
        let expr = self.values[place].expr.clone();
        self.turned.get(&(expr, into)).copied()
    }

    fn remember(&mut self, place: usize, into: &'static str, made: usize) {
        // What is done under a condition is not there for others.
        if self.condition.is_none() {
            self.turned.insert((self.values[place].expr.clone(), into), made);
        }
        let names: Vec<Vec<String>> = self.values[place].names.clone();
        self.values[made].names.extend(names);
        self.values[made].flows = true;
    }

    /// The text of a document that has to be read first.
    pub(crate) fn parsed(&mut self, place: usize) -> Planned<usize> {
        if let Some(made) = self.made(place, "parsed") {
            return Ok(made);
        }
        let feed = self.direct(if self.values[place].what == What::Address { "url" } else { "artifact" }, place);
        let step =
            self.bridge("web_automation.parse", feed.map(), feed.list.clone(), "Reads the document, so that its text can be worked on.")?;
        let made = self.product(step, What::Text, "text", "the document's text", Some("' '"));
        self.rules.push("a document is read before its text is used".to_owned());
        self.remember(place, "parsed", made);
        Ok(made)
    }

    /// The article of a page.
    pub(crate) fn article_of(&mut self, place: usize) -> Planned<usize> {
        if let Some(made) = self.made(place, "article") {
            return Ok(made);
        }
        let feed = self.direct(if self.values[place].what == What::Address { "url" } else { "artifact" }, place);
        let step =
            self.bridge("web_automation.article", feed.map(), feed.list.clone(), "Takes the text of the page without what surrounds it.")?;
        let made = self.product(step, What::Text, "text", "the article", None);
        self.values[made] = self.values[made].clone().named(&["page", "text", "story", "post"]);
        self.rules.push("of a page, the article is taken".to_owned());
        self.remember(place, "article", made);
        Ok(made)
    }

    /// What is at an address, as a text or as an artifact.
    pub(crate) fn fetched(&mut self, place: usize, keep: &'static str) -> Planned<usize> {
        if let Some(made) = self.made(place, keep) {
            return Ok(made);
        }
        let feed = self.direct("url", place);
        let mut with = feed.map();
        if keep == "artifact" {
            with.insert("keep".to_owned(), json!("artifact"));
        }
        let step = self.bridge("web_automation.fetch", with, feed.list.clone(), "Fetches what is at the address.")?;
        let made = if keep == "artifact" {
            self.product(step, What::Artifact(Form::Unknown), "artifact", "the fetched file", Some("first([])"))
        } else {
            self.product(step, What::Text, "text", "the fetched text", Some("' '"))
        };
        self.remember(place, keep, made);
        Ok(made)
    }

    /// The texts of a column, as a list.
    fn column_of_texts(&mut self, place: usize) -> Planned<usize> {
        let column = self.text_column(place)?;
        if let Some(made) = self.made(place, "texts") {
            return Ok(made);
        }
        let table = self.values[place].clone();
        let sql = format!("SELECT {0} FROM t WHERE trim(coalesce({0}, '')) <> ''", identifier(&column));
        let mut entry = Map::from_iter([("name".to_owned(), json!("t")), ("artifact".to_owned(), table.json())]);
        entry.extend(self.table_terms());
        let with = Map::from_iter([
            ("sql".to_owned(), crate::draft::literal(&sql)),
            ("tables".to_owned(), json!([entry])),
            ("limit".to_owned(), json!(1000)),
        ]);
        let step =
            self.bridge("data_science.query", with, None, &format!("Takes the texts of the column {column}, row by row (at most 1,000)."))?;
        self.explanation.assumptions.push(format!("the texts are those of the column `{column}`, at most 1,000 rows"));
        let expr = format!("map({}.result.rows, r => text(r[0]))", self.output(step));
        let mut value = Value::new(What::Text, expr, format!("the texts of {column}"));
        value.list = true;
        value.step = Some(step);
        self.values.push(value);
        let made = self.values.len() - 1;
        self.remember(place, "texts", made);
        Ok(made)
    }

    /// The column of a table that holds its texts.
    pub(crate) fn text_column(&self, place: usize) -> Planned<String> {
        let columns = &self.values[place].columns;
        let spoken = |tokens: &[Token]| -> Vec<String> {
            let texts = crate::columns::spoken(tokens, columns).into_iter();
            texts.filter(|column| !matches!(column.kind, Some(ColumnKind::Number | ColumnKind::Time))).map(|column| column.name).collect()
        };
        for tokens in [self.region(), self.sentence(), self.reading.tokens.clone()] {
            let found = spoken(&tokens);
            if let [one] = found.as_slice() {
                return Ok(one.clone());
            }
            let called = found.iter().find(|name| columns.iter().any(|column| column.name == **name && column.kind == ColumnKind::Text));
            if let Some(one) = called {
                return Ok(one.clone());
            }
        }
        let texts: Vec<&str> = columns.iter().filter(|column| column.kind == ColumnKind::Text).map(|column| column.name.as_str()).collect();
        let usual = ["text", "body", "comment", "review", "message", "content", "description", "remark", "feedback", "answer", "note"];
        let named: Vec<&&str> = texts.iter().filter(|name| usual.iter().any(|word| name.to_lowercase().contains(word))).collect();
        match (texts.as_slice(), named.as_slice()) {
            ([one], _) => Ok((*one).to_owned()),
            (_, [one]) => Ok((**one).to_owned()),
            ([], _) => Err(self.missing("the column with the texts", "Say which column holds the texts, in quotation marks.")),
            (several, _) => {
                let candidates: Vec<String> = several.iter().map(|name| (*name).to_owned()).collect();
                Err(self.ambiguous("several columns hold texts".to_owned(), candidates))
            }
        }
    }

    /// The texts of records, as a list.
    fn texts_of_records(&mut self, place: usize) -> Planned<usize> {
        let records = self.values[place].clone();
        let field = if records.columns.is_empty() { None } else { Some(self.text_column(place)?) };
        let expr = match field {
            Some(field) => format!("map(filter({}, r => r[{1}] != null), r => text(r[{1}]))", records.expr, crate::draft::quoted(&field)),
            // Entries of a feed and pages of a document.
            None => format!("map({}, r => join([text(r.title ?? ''), text(r.summary ?? r.text ?? r.content ?? '')], '. '))", records.expr),
        };
        let mut value = Value::new(What::Text, expr, "the texts of the records");
        value.list = true;
        value.step = records.step;
        self.values.push(value);
        let made = self.values.len() - 1;
        self.remember(place, "texts", made);
        Ok(made)
    }

    /// A table to work on: the place of its value, which is an artifact.
    pub(crate) fn table(&mut self) -> Planned<usize> {
        let picked =
            self.pick(Need::Table, "a table", "Give a CSV, TSV, JSON, NDJSON or Parquet file, or the address of a page with a table.")?;
        match picked.as_slice() {
            [one] => self.as_table(*one),
            several => {
                let candidates: Vec<String> = several.iter().map(|place| self.values[*place].label.clone()).collect();
                // The columns that the part speaks of may tell which one is meant.
                let region = self.region();
                let speaking: Vec<usize> = several
                    .iter()
                    .copied()
                    .filter(|place| {
                        !crate::columns::spoken(&region, &self.values[*place].columns).is_empty() && !self.values[*place].columns.is_empty()
                    })
                    .collect();
                // A model learns from what is known, and is applied to what is new.
                let fresh = ["new", "second", "test", "unseen", "fresh", "next", "open", "todo", "unlabel", "candid", "incom"];
                let old: Vec<usize> = several
                    .iter()
                    .copied()
                    .filter(|place| !self.values[*place].names.iter().flatten().any(|stem| fresh.iter().any(|word| stem.starts_with(word))))
                    .collect();
                match speaking.as_slice() {
                    [one] => self.as_table(*one),
                    _ if self.now.capability == "train" && old.len() == 1 => self.as_table(old[0]),
                    _ => Err(self.ambiguous(format!("the table could be any of {}", candidates.join(", ")), candidates)),
                }
            }
        }
    }

    pub(crate) fn as_table(&mut self, place: usize) -> Planned<usize> {
        let value = self.values[place].clone();
        match value.what {
            What::Artifact(Form::Table | Form::Unknown | Form::Data | Form::Prose) => Ok(place),
            What::Address if rank(&value, Need::Table) == 8 => self.fetched(place, "artifact"),
            What::Address | What::Artifact(Form::Page) => self.table_of_page(place),
            _ => Err(self.missing("a table", "Give a CSV, TSV, JSON, NDJSON or Parquet file.")),
        }
    }

    /// The first table of a page.
    pub(crate) fn table_of_page(&mut self, place: usize) -> Planned<usize> {
        if let Some(made) = self.made(place, "table") {
            return Ok(made);
        }
        let feed = self.direct(if self.values[place].what == What::Address { "url" } else { "artifact" }, place);
        let step = self.bridge("web_automation.tables", feed.map(), feed.list.clone(), "Reads the tables of the page.")?;
        self.explanation.assumptions.push("of several tables of the page, the first is taken".to_owned());
        let first = format!("first({}.tables)", self.output(step));
        let mut value = Value::new(What::Artifact(Form::Table), format!("default({first}.artifact, first([]))"), "the page's table");
        value.step = Some(step);
        value.columns_at_run = Some(format!("default({first}.preview.columns, [])"));
        self.values.push(value);
        let made = self.values.len() - 1;
        self.remember(place, "table", made);
        Ok(made)
    }

    /// How the table's file is to be read, where the goal says so.
    pub(crate) fn table_terms(&self) -> Map<String, Json> {
        let mut terms = Map::new();
        let tokens = &self.reading.tokens;
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let header = tokens
            .windows(3)
            .any(|three| three[0].is_any(&["no", "without"]) && three.iter().any(|token| token.is_any(&["header", "headers", "heading"])))
            || tokens
                .windows(6)
                .any(|near| near[0].is_any(&["not", "lacks", "missing"]) && near.iter().any(|token| token.is_any(&["header"])));
        if header {
            terms.insert("header".to_owned(), json!(false));
        }
        if has(&["separated", "delimiter", "delimited", "separator", "between"]) {
            let mark = [
                ("semicolon", ";"),
                ("semicolons", ";"),
                ("tab", "tab"),
                ("tabs", "tab"),
                ("pipe", "|"),
                ("pipes", "|"),
                ("comma", ","),
                ("commas", ","),
            ];
            if let Some((_, mark)) = mark.iter().find(|(word, _)| has(&[word])) {
                terms.insert("delimiter".to_owned(), json!(mark));
            }
        }
        terms
    }
}

/// Whether what is at an address has to be read as a document.
pub(crate) fn is_paper(value: &Value) -> bool {
    let address = value.literal.as_deref().unwrap_or_default().to_lowercase();
    [".pdf", ".docx", ".eml", ".xml", ".rss", ".atom", "/feed"].iter().any(|ending| address.ends_with(ending))
}

/// A name in SQL.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
