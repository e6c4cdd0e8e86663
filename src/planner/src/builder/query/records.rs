//! How is a question about records that no file holds said in expressions?

use serde_json::{Map, json};

use super::AGGREGATES;
use crate::builder::{Builder, Planned};
use crate::columns::{Role, spoken};
use crate::draft::{literal, quoted};
use crate::given::ColumnKind;
use crate::values::{Value, What};
use crate::words::Kind;

impl Builder<'_> {
    /// Of records that no file holds: the answer is computed by expressions and written down.
    pub(super) fn of_records(&mut self, place: usize) -> Planned<()> {
        self.skill("documentation.render")?;
        let sentence = self.sentence();
        let value = self.values[place].clone();
        let known = value.columns.clone();
        let said = spoken(&sentence, &known);
        let group = said.iter().find(|column| column.role == Role::Group).map(|column| column.name.clone()).or_else(|| {
            sentence
                .windows(2)
                .rev()
                .find(|pair| pair[0].is_any(&["per", "by", "each", "every"]) && pair[1].kind == Kind::Word && !pair[1].is_any(&["the"]))
                .map(|pair| pair[1].lower.clone())
        });
        let superlative = sentence.iter().find(|token| crate::lexicon::is(token, "most") || crate::lexicon::is(token, "least"));
        if let Some(token) = superlative.filter(|_| self.function(&sentence).is_none()) {
            let rising = crate::lexicon::is(token, "least");
            return self.first_of_records(place, rising);
        }
        let function = self.function(&sentence).unwrap_or("count");
        let verbs: Vec<&str> = AGGREGATES.iter().flat_map(|(words, _)| words.iter().copied()).filter(|word| *word != "total").collect();
        let named = said
            .iter()
            .find(|column| column.role == Role::Value && column.kind != Some(ColumnKind::Group))
            .map(|column| column.name.clone());
        let number = named.or_else(|| {
            let at = sentence.iter().position(|token| token.is_any(&verbs) || token.is("total"))?;
            let from = at + 1;
            sentence
                .get(from..)?
                .iter()
                .find(|token| {
                    matches!(token.kind, Kind::Word | Kind::Quoted)
                        && !token.is_any(&["of", "the", "a", "all", "up", "is", "per", "by", "for"])
                })
                .map(|token| token.text.clone())
        });
        // "the open ones": records one of whose values is that word.
        let word = sentence
            .windows(2)
            .find(|pair| pair[1].is("ones") && pair[0].kind == Kind::Word && !pair[0].is_any(&["the", "other", "these", "those"]))
            .map(|pair| pair[0].lower.clone());
        let quoted_value = sentence
            .iter()
            .find(|token| token.kind == Kind::Quoted && !known.iter().any(|column| column.name == token.text))
            .map(|token| token.lower.clone());
        let rows = match word.or(quoted_value) {
            Some(word) => format!("filter({}, r => any(values(r), v => lower(text(v)) == {}))", value.expr, quoted(&word)),
            None => value.expr.clone(),
        };
        let of = |rows: &str| match (function, &number) {
            ("count", _) | (_, None) => format!("length({rows})"),
            ("avg", Some(field)) => format!("sum(map({rows}, r => r[{0}])) / max(1, length({rows}))", quoted(field)),
            (function, Some(field)) => format!("{function}(map({rows}, r => r[{}]))", quoted(field)),
        };
        if function == "median" {
            return Err(self.missing("a table", "Give the records as a file: medians are computed of files."));
        }
        let (names, numbers) = match &group {
            Some(group) => {
                let key = quoted(group);
                let names = format!("sort(unique(map({rows}, r => text(r[{key}]))))");
                (names.clone(), format!("map({names}, g => {})", of(&format!("filter({rows}, r => text(r[{key}]) == g)"))))
            }
            None => ("['all']".to_owned(), format!("[{}]", of(&rows))),
        };
        let title = format!("{function} of {} by {}", number.as_deref().unwrap_or("records"), group.as_deref().unwrap_or("all"));
        let data =
            json!({"title": literal(&title), "names": crate::draft::expression(&names), "numbers": crate::draft::expression(&numbers)});
        let template = "# {{ title }}\n\n| | |\n| --- | ---: |\n{% for name in names %}| {{ name }} | {{ numbers[loop.index0] | round(2) }} |\n{% endfor %}";
        let with =
            Map::from_iter([("template".to_owned(), json!(template)), ("format".to_owned(), json!("markdown")), ("data".to_owned(), data)]);
        let why = format!("{}.", self.clause());
        let step = self.step("documentation.render", with, None, &why)?;
        let mut made = Value::new(What::Text, format!("default(steps.{}.output.markdown, ' ')", self.steps[step].draft.id), "the sums");
        made.step = Some(step);
        self.values.push(made);
        self.current = Some(place);
        self.rules.push("the records are in no file, so that the numbers are computed by expressions".to_owned());
        Ok(())
    }

    /// The records with the greatest or least value of a field.
    fn first_of_records(&mut self, place: usize, rising: bool) -> Planned<()> {
        let sentence = self.sentence();
        let value = self.values[place].clone();
        let said = spoken(&sentence, &value.columns);
        let number = said.iter().find(|column| column.kind == Some(ColumnKind::Number)).map(|column| column.name.clone());
        let related = crate::columns::related(&sentence, &value.columns, &[ColumnKind::Number]).first().map(|column| column.name.clone());
        let numbers: Vec<&str> =
            value.columns.iter().filter(|column| column.kind == ColumnKind::Number).map(|column| column.name.as_str()).collect();
        let only = if let [one] = numbers.as_slice() { Some((*one).to_owned()) } else { None };
        let Some(field) = number.or(related).or(only) else {
            return Err(self.missing("the field of numbers", "Name the field by which the records are to be ordered."));
        };
        let key = quoted(&field);
        let extreme = format!("{}(map({}, x => x[{key}] ?? 0))", if rising { "min" } else { "max" }, value.expr);
        let rows =
            format!("map(filter({}, r => (r[{key}] ?? 0) == {extreme}), r => join(map(values(r), v => text(v ?? '')), ', '))", value.expr);
        let title = format!("{} {field}", if rising { "Least" } else { "Greatest" });
        let data = json!({"title": literal(&title), "rows": crate::draft::expression(&rows)});
        let template = "# {{ title }}\n\n{% for row in rows %}\n- {{ row }}\n{% endfor %}";
        let with =
            Map::from_iter([("template".to_owned(), json!(template)), ("format".to_owned(), json!("markdown")), ("data".to_owned(), data)]);
        let why = format!("{}.", self.clause());
        self.step("documentation.render", with, None, &why)?;
        self.current = Some(place);
        Ok(())
    }
}
