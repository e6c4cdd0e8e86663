//! How is a question about a table said in SQL, or about records in expressions?

use serde_json::{Map, Value as Json, json};

use super::numbers::beside;
use super::sources::{Need, identifier, rank};
use super::{Builder, Planned};
use crate::columns::{Role, Spoken, spoken};
use crate::draft::{literal, quoted};
use crate::given::{Column, ColumnKind, Form};
use crate::values::{Value, What};
use crate::words::{Kind, Token, name_stems};

/// What is asked of a table.
#[derive(Debug, Default)]
struct Question {
    /// The function over values, and its name in words.
    aggregate: Option<&'static str>,
    /// At most so many, the largest or smallest first.
    top: Option<u64>,
    rising: bool,
}

const AGGREGATES: &[(&[&str], &str)] = &[
    (&["average", "mean", "averages"], "avg"),
    (&["total", "sum", "totals", "add", "spent", "revenue", "sums", "earned", "altogether", "much"], "sum"),
    (&["median"], "median"),
    (&["number", "count", "many", "counts", "often"], "count"),
    (&["maximum", "max"], "max"),
    (&["minimum", "min"], "min"),
];

impl Builder<'_> {
    pub(super) fn query(&mut self) -> Planned<()> {
        self.skill("data_science.query")?;
        let sentence = self.sentence();
        // A statement in the goal is taken as it is.
        if let Some(sql) = sentence
            .iter()
            .find(|token| token.kind == Kind::Quoted && token.lower.trim_start().starts_with("select"))
            .map(|token| token.text.clone())
        {
            return self.stated(&sql);
        }
        let tables: Vec<usize> = (0..self.values.len())
            .filter(|place| {
                matches!(self.values[*place].what, What::Artifact(Form::Table))
                    && !self.values[*place].list
                    && self.values[*place].step.is_none()
            })
            .collect();
        let joins = sentence
            .iter()
            .chain(&self.region())
            .any(|token| token.is_any(&["join", "joined", "together", "combine", "merge", "match", "matched", "belong"]))
            || self.reading.tokens.iter().any(|token| token.is_any(&["belong", "join", "joined"]));
        let shared = tables.len() == 2 && joins;
        let spoken_tables = tables.iter().filter(|place| !spoken(&sentence, &self.values[**place].columns).is_empty()).count();
        if shared || (tables.len() == 2 && spoken_tables == 2 && self.common(&tables).is_some()) {
            return self.joined(&tables);
        }
        let records = self.current.filter(|place| self.values[*place].what == What::Records && self.is_sure(*place)).or_else(|| {
            let direct = (0..self.values.len()).any(|place| rank(&self.values[place], Need::Table) >= 5);
            (0..self.values.len()).rev().find(|place| !direct && self.values[*place].what == What::Records && self.is_sure(*place))
        });
        if let Some(records) = records {
            return self.of_records(records);
        }
        let table = self.table()?;
        if self.values[table].columns_at_run.is_some() {
            return self.at_run(table);
        }
        self.of_table_in_sql(table)
    }

    fn entry(&self, name: &str, table: usize) -> Json {
        let mut entry = Map::from_iter([("name".to_owned(), json!(name)), ("artifact".to_owned(), self.values[table].json())]);
        if self.values[table].step.is_none() {
            entry.extend(self.table_terms());
        }
        Json::Object(entry)
    }

    fn run(&mut self, sql: &str, escaped: bool, tables: Vec<Json>, columns: Vec<Column>) -> Planned<()> {
        let sql = if escaped { literal(sql) } else { json!(sql) };
        let with = Map::from_iter([("sql".to_owned(), sql), ("tables".to_owned(), Json::Array(tables))]);
        let why = format!("{}.", self.clause());
        let step = self.step("data_science.query", with, None, &why)?;
        let made = self.product(step, What::Artifact(Form::Table), "table", "the answer", None);
        self.values[made].columns = columns;
        self.values[made] = self.values[made].clone().named(&["result", "rows", "answer"]).flowing();
        self.current = Some(made);
        Ok(())
    }

    fn stated(&mut self, sql: &str) -> Planned<()> {
        let tables: Vec<usize> =
            (0..self.values.len()).filter(|place| rank(&self.values[*place], Need::Table) >= 6 && !self.values[*place].list).collect();
        if tables.is_empty() {
            return Err(self.missing("a table", "Give a CSV, TSV, JSON, NDJSON or Parquet file."));
        }
        let lower = sql.to_lowercase();
        let name = |place: usize| {
            self.given
                .iter()
                .find(|given| self.values[place].expr == format!("inputs.{}", given.name))
                .map_or("t", |given| given.name.as_str())
                .to_owned()
        };
        let mut entries = Vec::new();
        for place in &tables {
            let name = if tables.len() == 1 {
                // The name that the statement uses.
                let after = lower.split_whitespace().skip_while(|word| *word != "from").nth(1).unwrap_or("t");
                after.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '_').to_owned()
            } else {
                name(*place)
            };
            entries.push(self.entry(&name, *place));
        }
        self.run(sql, true, entries, Vec::new())
    }

    fn question(&self, tokens: &[Token]) -> Question {
        let has = |words: &[&str]| tokens.iter().any(|token| token.is_any(words));
        let aggregate = AGGREGATES.iter().find(|(words, _)| has(words)).map(|(_, function)| *function);
        let falling = has(&["top", "most", "largest", "highest", "biggest", "best", "greatest", "longest", "heaviest", "oldest"]);
        let rising = has(&["lowest", "smallest", "least", "worst", "cheapest", "fewest", "shortest", "youngest"]);
        let count = tokens.iter().enumerate().find_map(|(place, token)| match token.kind {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
            Kind::Number(value) if value.fract() == 0.0 && (1.0..=1000.0).contains(&value) && !compared(tokens, place) => {
                Some(value as u64)
            }
            _ => None,
        });
        let ordered = falling || rising;
        Question {
            aggregate,
            top: if ordered { count.or(Some(if has(&["which", "what", "who"]) { 1 } else { 10 })) } else { None },
            rising: rising && !falling,
        }
    }

    fn of_table_in_sql(&mut self, table: usize) -> Planned<()> {
        let columns = self.values[table].columns.clone();
        let sentence = self.sentence();
        let said = spoken(&sentence, &columns);
        let question = self.question(&sentence);
        let filters = self.filters(&sentence, &columns, &said);
        let filtered: Vec<&str> = filters.iter().filter_map(|(column, _)| column.as_deref()).collect();
        let wheres: Vec<String> = filters.iter().map(|(_, sql)| sql.clone()).collect();
        // A column that is only spoken of by one of its values is no grouping.
        let by_value = |column: &Spoken| {
            columns.iter().any(|known| known.name == column.name && crate::columns::value_at(&sentence, column.at, known).is_some())
        };
        let groups: Vec<&Spoken> = said
            .iter()
            .filter(|column| !by_value(column))
            .filter(|column| {
                column.role == Role::Group
                    || (matches!(column.kind, Some(ColumnKind::Group))
                        && question.aggregate.is_some()
                        && !filtered.contains(&column.name.as_str()))
            })
            .collect();
        let values: Vec<&Spoken> = said
            .iter()
            .filter(|column| {
                !groups.iter().any(|group| group.name == column.name)
                    && matches!(column.kind, Some(ColumnKind::Number) | None)
                    && (!filtered.contains(&column.name.as_str()) || said.len() == 1)
            })
            .collect();
        let place = if wheres.is_empty() { String::new() } else { format!(" WHERE {}", wheres.join(" AND ")) };
        let (sql, made) = match (question.aggregate, values.first()) {
            (aggregate, value) if aggregate.is_some() || !groups.is_empty() => {
                let value = if aggregate == Some("count") { None } else { value };
                let function = aggregate.unwrap_or("count");
                if function != "count" && value.is_none() {
                    return Err(self.missing("the column of numbers", "Name the column that is to be added up or averaged."));
                }
                let (expr, name) = match value {
                    Some(value) => (format!("{function}({})", identifier(&value.name)), value.name.clone()),
                    None => ("count(*)".to_owned(), "rows".to_owned()),
                };
                let by: Vec<String> = groups.iter().map(|group| identifier(&group.name)).collect();
                let mut select = by.clone();
                select.push(format!("{expr} AS {}", identifier(&format!("{function}_{name}"))));
                let mut sql = format!("SELECT {} FROM t{place}", select.join(", "));
                if !by.is_empty() {
                    let direction = if question.rising { "" } else { " DESC" };
                    sql.push_str(&format!(" GROUP BY {}", by.join(", ")));
                    sql.push_str(&if question.top.is_some() {
                        format!(" ORDER BY {}{direction}", select.len())
                    } else {
                        format!(" ORDER BY {}", by.join(", "))
                    });
                }
                if let Some(top) = question.top {
                    sql.push_str(&format!(" LIMIT {top}"));
                }
                let mut made: Vec<Column> = groups
                    .iter()
                    .map(|group| Column {
                        name: group.name.clone(),
                        kind: group.kind.unwrap_or(ColumnKind::Group),
                        levels: group.levels,
                        values: Vec::new(),
                    })
                    .collect();
                made.push(Column { name: format!("{function}_{name}"), kind: ColumnKind::Number, levels: 0, values: Vec::new() });
                (sql, made)
            }
            (_, value) => {
                if place.is_empty() && question.top.is_none() {
                    return Err(self.missing(
                        "what to ask of the table",
                        "Say what is to be counted, added up or averaged, and by which column; or give the statement in quotation marks.",
                    ));
                }
                let mut sql = format!("SELECT * FROM t{place}");
                if let (Some(top), Some(value)) = (question.top, value) {
                    sql.push_str(&format!(
                        " ORDER BY {}{} LIMIT {top}",
                        identifier(&value.name),
                        if question.rising { "" } else { " DESC" }
                    ));
                }
                (sql, columns.clone())
            }
        };
        let entry = self.entry("t", table);
        self.run(&sql, true, vec![entry], made)
    }

    /// Conditions on rows: a column with a comparison, a quotation, or a word that is the value of some column. Each with its column.
    fn filters(&self, tokens: &[Token], columns: &[Column], said: &[Spoken]) -> Vec<(Option<String>, String)> {
        let mut found = Vec::new();
        for (place, token) in tokens.iter().enumerate() {
            if let Kind::Number(number) | Kind::Percent(number) = token.kind
                && let Some(operator) = comparison(tokens, place)
            {
                let before = said
                    .iter()
                    .rev()
                    .find(|column| column.at < place && !matches!(column.kind, Some(ColumnKind::Text)))
                    .or_else(|| said.iter().find(|column| column.at > place && column.kind == Some(ColumnKind::Number)));
                if let Some(column) = before {
                    found.push((Some(column.name.clone()), format!("{} {operator} {number}", identifier(&column.name))));
                }
            }
            let valued = columns.iter().find_map(|column| crate::columns::value_at(tokens, place, column).map(|value| (column, value)));
            if let Some((column, value)) = valued {
                let not = tokens[..place].iter().rev().take(3).any(|token| token.is_any(&["not", "isn", "except", "without"]));
                found.push((
                    Some(column.name.clone()),
                    format!("{} {} '{}'", identifier(&column.name), if not { "<>" } else { "=" }, value.replace('\'', "''")),
                ));
                continue;
            }
            let is_column = columns.iter().any(|column| column.name == token.text);
            if token.kind == Kind::Quoted && !is_column && !columns.is_empty() {
                let value = token.lower.replace('\'', "''");
                let before = said.iter().rev().find(|column| column.at < place && place - column.at <= 4);
                let not = place > 0 && tokens[..place].iter().rev().take(3).any(|token| token.is_any(&["not", "isn", "except", "without"]));
                match before {
                    Some(column) => found.push((
                        Some(column.name.clone()),
                        format!("lower({}) {} '{value}'", identifier(&column.name), if not { "<>" } else { "=" }),
                    )),
                    None => found.push((None, format!("'{value}' {} ({})", if not { "NOT IN" } else { "IN" }, lowered(columns)))),
                }
            }
            // "the open ones", "only open orders".
            let ones = tokens.get(place + 1).is_some_and(|next| next.is_any(&["ones"]))
                || (place > 0
                    && tokens[place - 1].is("only")
                    && token.kind == Kind::Word
                    && !columns.is_empty()
                    && !tokens[place].is_any(&["the", "if", "those", "rows", "a", "in", "for"]));
            if ones
                && token.kind == Kind::Word
                && !said.iter().any(|column| column.at == place)
                && !columns.is_empty()
                && !token.is_any(&["the", "five", "largest", "best", "other"])
            {
                found.push((None, format!("'{}' IN ({})", token.lower, lowered(columns))));
            }
        }
        // Two values of one column: rows with either.
        let mut together: Vec<(Option<String>, String)> = Vec::new();
        for (column, sql) in found {
            let equal = column.as_ref().is_some_and(|column| sql.starts_with(&format!("{} = '", identifier(column))));
            let known = together.iter_mut().find(|(other, text)| equal && *other == column && text.contains(" = '"));
            match known {
                Some((_, text)) if *text != sql => *text = format!("({text} OR {sql})"),
                Some(_) => {}
                None => together.push((column, sql)),
            }
        }
        together
    }

    /// The column that two tables share.
    fn common(&self, tables: &[usize]) -> Option<String> {
        let [one, other] = tables else { return None };
        let shared: Vec<&Column> = self.values[*one]
            .columns
            .iter()
            .filter(|column| self.values[*other].columns.iter().any(|known| known.name == column.name))
            .collect();
        let tokens = &self.reading.tokens;
        let said = shared.iter().find(|column| tokens.iter().any(|token| token.lower == column.name.to_lowercase()));
        said.or_else(|| shared.iter().find(|column| column.name.to_lowercase().ends_with("id")))
            .or(shared.first())
            .map(|column| column.name.clone())
    }

    fn joined(&mut self, tables: &[usize]) -> Planned<()> {
        let key = match self.common(tables) {
            Some(key) => key,
            None => {
                let stated = spoken(&self.reading.tokens, &[]).first().map(|column| column.name.clone());
                stated
                    .ok_or_else(|| self.missing("the column that the tables share", "Name the column by which the rows belong together."))?
            }
        };
        let sentence = self.sentence();
        let names: Vec<String> = tables
            .iter()
            .map(|place| {
                self.given
                    .iter()
                    .find(|given| self.values[*place].expr == format!("inputs.{}", given.name))
                    .map_or_else(|| "t".to_owned(), |given| given.name.clone())
            })
            .collect();
        let mut columns: Vec<Column> = Vec::new();
        for place in tables {
            for column in &self.values[*place].columns {
                if !columns.iter().any(|known| known.name == column.name) {
                    columns.push(column.clone());
                }
            }
        }
        let all = self.reading.tokens.clone();
        let said = spoken(&sentence, &columns);
        let question = self.question(&sentence);
        let filters = self.filters(&sentence, &columns, &said);
        let wheres: Vec<String> = filters.iter().map(|(_, sql)| sql.clone()).collect();
        let numeric = |column: &&Spoken| column.kind == Some(ColumnKind::Number) && column.name != key;
        let value = said
            .iter()
            .find(|column| numeric(column) && column.role != Role::Group)
            .map(|column| column.name.clone())
            .or_else(|| spoken(&all, &columns).iter().find(numeric).map(|column| column.name.clone()));
        // What a row is called by, where nobody says by what rows are put together.
        let group = said.iter().find(|column| column.role == Role::Group && column.name != key).map(|column| column.name.clone());
        let label = said
            .iter()
            .find(|column| !matches!(column.kind, Some(ColumnKind::Number)) && column.name != key)
            .map(|column| column.name.clone());
        let usual = columns
            .iter()
            .find(|column| ["name", "title", "label"].contains(&column.name.to_lowercase().as_str()))
            .map(|column| column.name.clone());
        let aggregate = question.aggregate.or(if question.top.is_some() { Some("sum") } else { None });
        let source = format!("{} JOIN {} USING ({})", identifier(&names[0]), identifier(&names[1]), identifier(&key));
        let place = if wheres.is_empty() { String::new() } else { format!(" WHERE {}", wheres.join(" AND ")) };
        let entries = tables.iter().zip(&names).map(|(table, name)| self.entry(name, *table)).collect();
        let Some(function) = aggregate else {
            return self.run(&format!("SELECT * FROM {source}{place}"), true, entries, columns);
        };
        let (expr, name) = match (&value, function) {
            (_, "count") => ("count(*)".to_owned(), "rows".to_owned()),
            (Some(value), function) => (format!("{function}({})", identifier(value)), value.clone()),
            (None, _) => return Err(self.missing("the column of numbers", "Name the column that is to be added up or averaged.")),
        };
        let by = group.clone().or(label).or(usual).unwrap_or_else(|| key.clone());
        let grouping = if group.is_some() || by == key { identifier(&by) } else { format!("{}, {}", identifier(&key), identifier(&by)) };
        let made_name = format!("{function}_{name}");
        let order = if question.rising { "ORDER BY 2" } else { "ORDER BY 2 DESC" };
        let limit = question.top.map(|top| format!(" LIMIT {top}")).unwrap_or_default();
        let sql = format!(
            "SELECT {}, {expr} AS {} FROM {source}{place} GROUP BY {grouping} {order}{limit}",
            identifier(&by),
            identifier(&made_name)
        );
        let made = vec![
            Column { name: by, kind: ColumnKind::Group, levels: 0, values: Vec::new() },
            Column { name: made_name, kind: ColumnKind::Number, levels: 0, values: Vec::new() },
        ];
        self.run(&sql, true, entries, made)
    }

    /// Of a table whose columns are known only when the run goes on: their names are found there.
    fn at_run(&mut self, table: usize) -> Planned<()> {
        let sentence = self.sentence();
        let names = self.values[table].columns_at_run.clone().unwrap_or_default();
        let question = self.question(&sentence);
        let function = question.aggregate.unwrap_or("count");
        let find =
            |word: &str| format!("default(first(filter({names}, c => contains(lower(c), {}))), {})", quoted(&singular(word)), quoted(word));
        let group_word = sentence
            .windows(2)
            .rev()
            .find(|pair| pair[0].is_any(&["per", "by", "each", "every"]) && pair[1].kind == Kind::Word && !pair[1].is_any(&["the"]))
            .map(|pair| pair[1].lower.clone());
        let verbs: Vec<&str> = AGGREGATES.iter().flat_map(|(words, _)| words.iter().copied()).collect();
        let value_word = sentence.iter().position(|token| token.is_any(&verbs)).and_then(|place| {
            sentence[place + 1..]
                .iter()
                .find(|token| token.kind == Kind::Word && !token.is_any(&["of", "the", "a", "all", "up", "is", "per", "by"]))
                .map(|token| token.lower.clone())
        });
        let value_word = sentence.iter().find(|token| token.kind == Kind::Quoted).map(|token| token.lower.clone()).or(value_word);
        let entry = self.entry("t", table);
        let select = |expr: &str| format!("\"${{{{ {expr} }}}}\"");
        let number = |word: &str| format!("CAST(replace({}, ',', '') AS REAL)", select(&find(word)));
        let (sql, columns) = match (function, value_word, group_word) {
            ("count", _, Some(group)) => (
                format!("SELECT {0} AS \"{group}\", count(*) AS \"rows\" FROM t GROUP BY 1 ORDER BY 1", select(&find(&group))),
                vec![(group, ColumnKind::Group), ("rows".to_owned(), ColumnKind::Number)],
            ),
            ("count", _, None) => ("SELECT count(*) AS \"rows\" FROM t".to_owned(), vec![("rows".to_owned(), ColumnKind::Number)]),
            (function, Some(value), Some(group)) => {
                let made = format!("{function}_{value}");
                (
                    format!(
                        "SELECT {} AS \"{group}\", {function}({}) AS \"{made}\" FROM t GROUP BY 1 ORDER BY 1",
                        select(&find(&group)),
                        number(&value)
                    ),
                    vec![(group, ColumnKind::Group), (made, ColumnKind::Number)],
                )
            }
            (function, Some(value), None) => {
                let made = format!("{function}_{value}");
                (format!("SELECT {function}({}) AS \"{made}\" FROM t", number(&value)), vec![(made, ColumnKind::Number)])
            }
            _ => return Err(self.missing("the column of numbers", "Name the column that is to be added up or averaged.")),
        };
        self.rules.push("the page's columns are found by their names when the run goes on".to_owned());
        let columns = columns.into_iter().map(|(name, kind)| Column { name, kind, levels: 0, values: Vec::new() }).collect();
        self.run(&sql, false, vec![entry], columns)
    }

    /// Of records that no file holds: the answer is computed by expressions and written down.
    fn of_records(&mut self, place: usize) -> Planned<()> {
        self.skill("documentation.render")?;
        let sentence = self.sentence();
        let value = self.values[place].clone();
        let question = self.question(&sentence);
        let known = value.columns.clone();
        let said = spoken(&sentence, &known);
        let group = said.iter().find(|column| column.role == Role::Group).map(|column| column.name.clone()).or_else(|| {
            sentence
                .windows(2)
                .rev()
                .find(|pair| pair[0].is_any(&["per", "by", "each", "every"]) && pair[1].kind == Kind::Word && !pair[1].is_any(&["the"]))
                .map(|pair| pair[1].lower.clone())
        });
        let function = question.aggregate.unwrap_or("count");
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
        let _ = beside;
        Ok(())
    }
}

fn lowered(columns: &[Column]) -> String {
    columns.iter().take(50).map(|column| format!("lower({})", identifier(&column.name))).collect::<Vec<_>>().join(", ")
}

fn singular(word: &str) -> String {
    let stems = name_stems(word);
    stems.into_iter().next().filter(|stem| word.starts_with(stem.as_str())).unwrap_or_else(|| word.to_owned())
}

fn compared(tokens: &[Token], place: usize) -> bool {
    comparison(tokens, place).is_some()
}

/// The comparison with a number: `above 20`, `20 or more`.
pub(crate) fn comparison(tokens: &[Token], place: usize) -> Option<&'static str> {
    let after = |offset: usize, words: &[&str]| tokens.get(place + offset).is_some_and(|token| token.is_any(words));
    if after(1, &["or"]) {
        if after(2, &["more", "above", "higher", "greater", "over", "later"]) {
            return Some(">=");
        }
        if after(2, &["less", "fewer", "below", "lower", "under"]) {
            return Some("<=");
        }
    }
    let before: Vec<&Token> = tokens[..place].iter().rev().take(4).collect();
    for (distance, token) in before.iter().enumerate() {
        if token.is("least") {
            return Some(">=");
        }
        if token.is("most") && before.get(distance + 1).is_some_and(|token| token.is("at")) {
            return Some("<=");
        }
        let negated = before.get(distance + 1).is_some_and(|token| token.is_any(&["not", "no"]));
        if token.is_any(&[
            "above",
            "over",
            "more",
            "greater",
            "exceeds",
            "exceed",
            "exceeding",
            "higher",
            "larger",
            "beyond",
            "bigger",
            "longer",
            "after",
            "older",
            "heavier",
            "taller",
            "faster",
            "costlier",
            "dearer",
            "since",
        ]) {
            return Some(if negated { "<=" } else { ">" });
        }
        if token.is_any(&[
            "below", "under", "less", "fewer", "lower", "smaller", "shorter", "before", "younger", "lighter", "cheaper", "slower", "until",
        ]) {
            return Some(if negated { ">=" } else { "<" });
        }
        if token.is_any(&["equals", "equal", "exactly"]) {
            return Some("=");
        }
        if token.is("is") && distance == 0 {
            return Some("=");
        }
        if !token.is_any(&["than", "of", "a", "the", "to", "in", "one"]) && !token.is_mark() {
            break;
        }
    }
    None
}
