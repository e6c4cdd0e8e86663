//! How is a question about two tables said in SQL: put under one another, held against one another, or joined?

use serde_json::Value as Json;

use super::ask::Rows;
use super::question::is_key;
use crate::builder::sources::identifier;
use crate::builder::{Builder, Planned};
use crate::columns::spoken;
use crate::given::{Column, ColumnKind};
use crate::words::{Token, name_stems};

/// Words that hold one table against another.
const AGAINST: &[&str] = &[
    "difference",
    "differences",
    "dearer",
    "cheaper",
    "compare",
    "compared",
    "comparison",
    "gap",
    "gaps",
    "changed",
    "change",
    "changes",
    "versus",
    "vs",
    "beside",
    "against",
    "rose",
    "fell",
    "risen",
    "fallen",
    "grown",
    "grew",
    "lost",
    "increase",
    "decrease",
    "reconcile",
    "deviate",
    "deviation",
    "apart",
    "alongside",
];

impl Builder<'_> {
    /// The columns that two tables share: of the first, and of the second.
    pub(super) fn common(&self, tables: &[usize]) -> Option<(String, String)> {
        let [one, other] = tables else { return None };
        let (left, right) = (&self.values[*one].columns, &self.values[*other].columns);
        let shared: Vec<&Column> = left.iter().filter(|column| right.iter().any(|known| known.name == column.name)).collect();
        let tokens = &self.reading.tokens;
        let said = shared.iter().find(|column| tokens.iter().any(|token| token.lower == column.name.to_lowercase()));
        let key = said
            .or_else(|| shared.iter().find(|column| is_key(column)))
            .or_else(|| shared.iter().find(|column| column.unique))
            .or_else(|| shared.iter().find(|column| column.kind != ColumnKind::Number))
            .or(shared.first());
        if let Some(key) = key {
            return Some((key.name.clone(), key.name.clone()));
        }
        // `id` of customers is `customer_id` of orders; `article` is `article_no`.
        let plain = |column: &Column| -> Vec<String> {
            name_stems(&column.name).into_iter().filter(|stem| !["id", "no", "number", "code", "nr"].contains(&stem.as_str())).collect()
        };
        for one in left {
            for other in right {
                let (first, second) = (plain(one), plain(other));
                if !first.is_empty() && first == second {
                    return Some((one.name.clone(), other.name.clone()));
                }
            }
        }
        let entity = |place: usize| self.values[place].names.first().cloned().unwrap_or_default();
        let id = |columns: &[Column]| {
            columns
                .iter()
                .find(|column| ["id", "no", "code"].contains(&column.name.to_lowercase().as_str()))
                .map(|column| column.name.clone())
        };
        let refers = |columns: &[Column], names: &[String]| {
            columns
                .iter()
                .find(|column| !plain(column).is_empty() && plain(column).iter().all(|stem| names.contains(stem)))
                .map(|column| column.name.clone())
        };
        if let (Some(own), Some(foreign)) = (id(right), refers(left, &entity(*other))) {
            return Some((foreign, own));
        }
        if let (Some(own), Some(foreign)) = (id(left), refers(right, &entity(*one))) {
            return Some((own, foreign));
        }
        None
    }

    /// Plans a question about several tables, if it is one.
    pub(super) fn of_two(&mut self, tables: &[usize]) -> Planned<()> {
        let sentence = self.sentence();
        let goal: Vec<Token> = self.reading.tokens.clone();
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let names: Vec<String> = tables.iter().map(|place| self.table_name(*place)).collect();
        let entries: Vec<Json> = tables.iter().zip(&names).map(|(table, name)| self.entry(name, *table)).collect();
        let known: Vec<(usize, Vec<Column>)> = tables.iter().map(|place| (*place, self.values[*place].columns.clone())).collect();
        let columns_of = |place: usize| known.iter().find(|(own, _)| *own == place).map(|(_, columns)| columns.clone()).unwrap_or_default();
        let alike = tables.windows(2).all(|pair| {
            let list = |place: usize| columns_of(place).into_iter().map(|column| column.name).collect::<Vec<_>>();
            list(pair[0]) == list(pair[1])
        });
        let against = has(AGAINST) || has(&["more", "less"]) && has(&["than"]);
        let balance = tables.len() == 2 && self.asks_balance(&sentence);
        let missing = self.is_missing(&sentence) && !balance;
        if alike && !against && !missing {
            let all: Vec<String> = names.iter().map(|name| format!("SELECT * FROM {}", identifier(name))).collect();
            self.rules.push("the tables have the same columns and are put under one another".to_owned());
            let rows = Rows { sql: format!("({})", all.join(" UNION ALL ")), columns: columns_of(tables[0]), entries, label: None };
            return if self.asks_nothing(&sentence, &rows.columns) {
                self.run(&format!("SELECT * FROM {}", rows.sql), true, rows.entries, rows.columns)
            } else {
                self.ask(rows)
            };
        }
        let pair = [tables[0], tables[1]];
        let key = match self.common(&pair) {
            Some(key) => key,
            None => {
                let stated = spoken(&goal, &[]).first().map(|column| (column.name.clone(), column.name.clone()));
                stated
                    .ok_or_else(|| self.missing("the column that the tables share", "Name the column by which the rows belong together."))?
            }
        };
        let unique = |place: usize, name: &str| columns_of(place).iter().any(|column| column.name == name && column.unique);
        if balance && self.balance(&pair, &names, &key, entries.clone())? {
            return Ok(());
        }
        let missing = missing || self.is_missing(&sentence);
        if missing {
            // Of a list and what refers to it, the list has each once. Of two lists, the first that is spoken of is the one looked through.
            let swap = match (unique(pair[0], &key.0), unique(pair[1], &key.1)) {
                (false, true) => true,
                (true, false) => false,
                _ => {
                    let at = |place: usize| {
                        self.values[place]
                            .mentioned(&sentence)
                            .or_else(|| self.values[place].mentioned(&goal))
                            .map_or(usize::MAX, |(at, _)| at)
                    };
                    at(pair[1]) < at(pair[0])
                }
            };
            let (whole, part) = if swap { (1, 0) } else { (0, 1) };
            let of = |number: usize| if number == 0 { &key.0 } else { &key.1 };
            let sql = format!(
                "SELECT a.* FROM {} a LEFT JOIN {} b ON a.{} = b.{} WHERE b.{} IS NULL",
                identifier(&names[whole]),
                identifier(&names[part]),
                identifier(of(whole)),
                identifier(of(part)),
                identifier(of(part))
            );
            self.rules.push(format!("rows of {} that have none in {}", names[whole], names[part]));
            let columns = columns_of(pair[whole]);
            let how_many = has(&["many", "number"]);
            let sql = if how_many { format!("SELECT count(*) AS \"rows\" FROM ({sql})") } else { sql };
            return self.run(&sql, true, entries, columns);
        }
        let numbers = |place: usize, key: &str| -> Vec<Column> {
            columns_of(place)
                .into_iter()
                .filter(|column| column.kind == ColumnKind::Number && !is_key(column) && column.name != key)
                .collect()
        };
        let (left, right) = (numbers(pair[0], &key.0), numbers(pair[1], &key.1));
        if against && !left.is_empty() && !right.is_empty() {
            return self.held_against(&pair, &names, &key, (&left, &right), entries);
        }
        // The second table's columns that the first has too are called by it.
        let first = columns_of(pair[0]);
        let mut columns = first.clone();
        let mut more = Vec::new();
        for column in columns_of(pair[1]).into_iter().filter(|column| column.name != key.1 || key.0 != key.1) {
            if column.name == key.1 {
                continue;
            }
            let own = if first.iter().any(|known| known.name == column.name) {
                format!("{}_{}", names[1], column.name)
            } else {
                column.name.clone()
            };
            more.push(format!(", b.{} AS {}", identifier(&column.name), identifier(&own)));
            columns.push(Column { name: own, ..column });
        }
        let list = if unique(pair[1], &key.1) { pair[1] } else { pair[0] };
        // A row of the joined table is one of the table whose key repeats: what was unique in the list is not any more.
        let repeated: Vec<String> = columns_of(list).into_iter().map(|column| column.name).collect();
        for column in columns.iter_mut().filter(|column| repeated.contains(&column.name)) {
            column.unique = false;
        }
        let label = self.label_of(list, if list == pair[1] { &key.1 } else { &key.0 });
        let sql = format!(
            "(SELECT a.*{} FROM {} a JOIN {} b ON a.{} = b.{})",
            more.concat(),
            identifier(&names[0]),
            identifier(&names[1]),
            identifier(&key.0),
            identifier(&key.1)
        );
        let rows = Rows { sql, columns, entries, label: label.map(|label| (key.0.clone(), label)) };
        if self.asks_nothing(&sentence, &rows.columns) {
            return self.run(&format!("SELECT * FROM {}", rows.sql), true, rows.entries, rows.columns);
        }
        self.ask(rows)
    }

    /// Whether some words only want tables put together.
    fn asks_nothing(&self, tokens: &[Token], columns: &[Column]) -> bool {
        let asks = tokens.iter().any(|token| {
            super::question::AGGREGATES.iter().any(|(words, _)| token.is_any(words))
                || crate::lexicon::is(token, "most")
                || crate::lexicon::is(token, "least")
                || token.is_any(&["per", "by", "each", "where", "whose", "only", "which", "who"])
        });
        !asks && self.filters(tokens, columns, &spoken(tokens, columns)).is_empty()
    }

    /// Whether what one table has and the other lacks is asked for.
    pub(super) fn is_missing(&self, tokens: &[Token]) -> bool {
        tokens.iter().enumerate().any(|(place, token)| {
            let next = |offset: usize, words: &[&str]| tokens.get(place + offset).is_some_and(|token| token.is_any(words));
            token.is("missing")
                || token.is("never")
                || token.is_any(&["hasn", "haven"])
                || (token.is_any(&["didn", "doesn", "don"])
                    && tokens[place..].iter().take(5).any(|token| {
                        token.is_any(&["have", "appear", "exist", "match", "show", "occur", "pay", "order", "come", "reply", "buy", "turn"])
                    }))
                || (token.is_any(&["has", "have", "did", "does", "is", "are", "but"]) && (next(1, &["not", "no"])))
                || (token.is("not") && next(1, &["in", "on", "among", "listed"]))
                || (token.is_any(&["no", "without"])
                    && next(1, &["match", "counterpart", "partner", "entry", "payment", "order", "orders", "payments", "any"]))
                || (token.is("without")
                    && tokens[place..].iter().take(4).any(|token| {
                        self.values
                            .iter()
                            .any(|value| value.step.is_none() && value.names.iter().any(|name| name.len() == 1 && (name[0] == token.stem)))
                    }))
        })
    }

    /// The difference of two numbers for each key that both tables have, the widest first, with the mean beside it.
    fn held_against(
        &mut self,
        pair: &[usize; 2],
        names: &[String],
        key: &(String, String),
        (left, right): (&[Column], &[Column]),
        entries: Vec<Json>,
    ) -> Planned<()> {
        let goal = self.reading.tokens.clone();
        let pick = |columns: &[Column], other: &[Column]| -> Column {
            let said = spoken(&goal, columns);
            let same = columns.iter().find(|column| other.iter().any(|known| known.name == column.name));
            let named = said.first().and_then(|spoken| columns.iter().find(|column| column.name == spoken.name));
            same.or(named).or(columns.first()).cloned().unwrap_or_else(|| Column::new("value", ColumnKind::Number))
        };
        let (one, other) = (pick(left, right), pick(right, left));
        // Ours, what is new and what is now, less what it is held against.
        let own = |place: usize, column: &Column| {
            let stems: Vec<String> = self.values[place].names.iter().flatten().cloned().chain(name_stems(&column.name)).collect();
            let yes = ["our", "own", "new", "now", "current", "mine", "actual", "after", "this", "later", "today"];
            let no = ["old", "last", "befor", "previous", "former", "plan", "budget", "target", "competitor", "their"];
            i32::from(stems.iter().any(|stem| yes.contains(&stem.as_str())))
                - i32::from(stems.iter().any(|stem| no.contains(&stem.as_str())))
        };
        let (score_left, score_right) = (own(pair[0], &one), own(pair[1], &other));
        let first = match score_left.cmp(&score_right) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => {
                // Names that count on: `q2` less `q1`.
                self.values[pair[0]].label > self.values[pair[1]].label
            }
        };
        let (a, b) = (format!("a.{}", identifier(&one.name)), format!("b.{}", identifier(&other.name)));
        let difference = if first { format!("{a} - {b}") } else { format!("{b} - {a}") };
        let label = |place: usize, alias: &str, key: &str| {
            self.label_of(place, key).map(|label| format!("{alias}.{0} AS {0}, ", identifier(&label)))
        };
        let named = label(pair[0], "a", &key.0).or_else(|| label(pair[1], "b", &key.1)).unwrap_or_default();
        let called = |place: usize, column: &Column| {
            if one.name == other.name { format!("{} {}", names[place], column.name) } else { column.name.clone() }
        };
        let share = if first { format!("100.0 * ({a} - {b}) / nullif({b}, 0)") } else { format!("100.0 * ({b} - {a}) / nullif({a}, 0)") };
        let sql = format!(
            "SELECT a.{}, {named}{a} AS {}, {b} AS {}, {difference} AS \"difference\", {share} AS \"percent\", avg({difference}) OVER () AS \"average_difference\" FROM {} a JOIN {} b ON a.{} = b.{} ORDER BY abs({difference}) DESC",
            identifier(&key.0),
            identifier(&called(0, &one)),
            identifier(&called(1, &other)),
            identifier(&names[0]),
            identifier(&names[1]),
            identifier(&key.0),
            identifier(&key.1)
        );
        self.rules.push(format!("`{}` is held against `{}`, by `{}`", one.name, other.name, key.0));
        let mut columns = vec![Column::new(key.0.clone(), ColumnKind::Text)];
        columns.extend(["difference", "percent"].map(|name| Column::new(name, ColumnKind::Number)));
        self.run(&sql, true, entries, columns)
    }

    /// The column that says what a key stands for: a name or a title.
    fn label_of(&self, place: usize, key: &str) -> Option<String> {
        let columns = &self.values[place].columns;
        let usual = columns.iter().find(|column| {
            let lower = column.name.to_lowercase();
            column.name != key && ["name", "title", "label", "description"].iter().any(|word| lower.contains(word))
        });
        let text = columns.iter().find(|column| column.name != key && column.kind == ColumnKind::Text && !is_key(column) && !column.prose);
        usual.or(text).map(|column| column.name.clone())
    }

    /// How a statement calls a table: as its input.
    fn table_name(&self, place: usize) -> String {
        let own =
            self.given.iter().find(|given| self.values[place].expr == format!("inputs.{}", given.name)).map(|given| given.name.clone());
        own.unwrap_or_else(|| format!("t{place}"))
    }
}
