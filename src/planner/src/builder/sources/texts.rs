//! How does a step get a text, or each of several texts?

use serde_json::{Map, json};

use super::{Feed, Need, identifier, is_paper};
use crate::builder::{Builder, Planned};
use crate::draft::{ITEM, expression};
use crate::given::{ColumnKind, Form};
use crate::values::{Value, What};
use crate::words::Token;

impl Builder<'_> {
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
    pub(super) fn several(&self, feeds: Vec<Feed>, what: &str) -> Planned<Feed> {
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
}
