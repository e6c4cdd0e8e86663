//! Which numbers does a question ask for, by what are rows put together, and in which order?

use super::filters::compared;
use crate::columns::{Role, Spoken, related, spoken, value_at};
use crate::draft::quoted;
use crate::given::{Column, ColumnKind};
use crate::lexicon;
use crate::words::{Kind, Token, name_stems};

use crate::builder::sources::identifier;

/// A number that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measure {
    pub(super) function: &'static str,
    pub(super) column: Option<String>,
}

/// What rows are put together by: an expression and what it is called.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) sql: String,
    pub(super) name: String,
    pub(super) kind: ColumnKind,
}

/// What is asked of a table.
#[derive(Debug, Default)]
pub(super) struct Question {
    pub(super) measures: Vec<Measure>,
    pub(super) groups: Vec<Group>,
    /// At most so many, the largest or smallest first.
    pub(super) top: Option<u64>,
    /// Whether the first are asked for, and whether those are the smallest.
    pub(super) ordered: bool,
    pub(super) rising: bool,
    /// A column of numbers that is spoken of without what is to be done with it.
    pub(super) value: Option<String>,
}

/// Functions over values, by the words that ask for them.
pub(super) const AGGREGATES: &[(&[&str], &str)] = &[
    (&["average", "mean", "averages", "averaged", "typical", "typically", "avg", "means"], "avg"),
    (&["total", "sum", "totals", "add", "sums", "altogether", "tot", "summed", "combined", "much", "overall"], "sum"),
    (&["median", "medians"], "median"),
    (&["number", "count", "many", "counts", "often", "headcount", "head", "tally", "numbers"], "count"),
    (&["percentage", "share", "proportion", "percent", "shares", "percentages"], "share"),
    (&["maximum", "max"], "max"),
    (&["minimum", "min"], "min"),
];

/// Words of columns whose values are averaged and not added up, where nobody says which.
const RATES: &[&str] = &[
    "price",
    "rate",
    "score",
    "mark",
    "star",
    "temperatur",
    "temp",
    "age",
    "height",
    "percent",
    "pct",
    "salari",
    "wage",
    "durat",
    "latenc",
    "speed",
    "weight",
    "satisfact",
    "grade",
    "delay",
    "ratio",
    "share",
    "humid",
    "pressur",
    "level",
];

/// Parts of times, by the words that name them.
const PARTS: &[(&[&str], &str, &str)] = &[
    (&["month", "months", "monthly"], "month", "%Y-%m"),
    (&["year", "years", "yearly", "annually", "annual"], "year", "%Y"),
    (&["weekday", "weekdays"], "weekday", "%w"),
    (&["week", "weeks", "weekly"], "week", "%Y-%W"),
    (&["quarter", "quarters", "quarterly"], "quarter", ""),
    (&["hour", "hours", "hourly"], "hour", "%H"),
    (&["day", "days", "daily"], "day", "%Y-%m-%d"),
];

pub(super) fn is_rate(name: &str) -> bool {
    name_stems(name).iter().any(|stem| RATES.contains(&stem.as_str()))
}

/// A column that tells rows apart, and is no number to reckon with.
pub(crate) fn is_key(column: &Column) -> bool {
    let lower = column.name.to_lowercase();
    (column.kind == ColumnKind::Number && column.unique)
        || lower == "id"
        || lower.ends_with("_id")
        || lower.ends_with(" id")
        || lower.ends_with("_no")
        || (lower.ends_with("number") && column.unique)
}

pub(super) struct Words<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) columns: &'a [Column],
    pub(super) said: Vec<Spoken>,
}

impl<'a> Words<'a> {
    pub(super) fn new(tokens: &'a [Token], columns: &'a [Column]) -> Self {
        Self { tokens, columns, said: spoken(tokens, columns) }
    }

    fn has(&self, words: &[&str]) -> bool {
        self.tokens.iter().any(|token| token.is_any(words))
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn is_number(&self, spoken: &Spoken) -> bool {
        matches!(spoken.kind, Some(ColumnKind::Number) | None) && self.column(&spoken.name).is_none_or(|column| !is_key(column))
    }

    /// A column that is only spoken of by one of its values is no grouping.
    fn by_value(&self, spoken: &Spoken) -> bool {
        self.column(&spoken.name).is_some_and(|column| value_at(self.tokens, spoken.at, column).is_some())
    }

    /// All the places that speak of a column, in whole or by a telling part of its name.
    fn mentions(&self, spoken: &Spoken) -> Vec<usize> {
        let stems: Vec<String> = name_stems(&spoken.name).into_iter().filter(|stem| stem.chars().count() >= 4).collect();
        let others = self
            .tokens
            .iter()
            .enumerate()
            .filter(|(place, token)| *place != spoken.at && token.kind == Kind::Word && stems.contains(&token.stem));
        std::iter::once(spoken.at).chain(others.map(|(place, _)| place)).collect()
    }

    /// The only column of numbers, or the one that other words speak of.
    pub(super) fn likely_number(&self) -> Option<String> {
        let numbers: Vec<&Column> = self.columns.iter().filter(|column| column.kind == ColumnKind::Number && !is_key(column)).collect();
        if let [one] = numbers.as_slice() {
            return Some(one.name.clone());
        }
        related(self.tokens, self.columns, &[ColumnKind::Number]).first().map(|spoken| spoken.name.clone())
    }

    pub(super) fn question(&self, filtered: &[&str]) -> Question {
        let (ordered, rising) = self.order();
        let mut groups = self.groups(filtered);
        let measures = self.measures(filtered, &groups);
        let value = self
            .said
            .iter()
            .find(|spoken| {
                self.is_number(spoken)
                    && (spoken.role != Role::Group || ordered)
                    && !(filtered.contains(&spoken.name.as_str()) && self.said.len() > 1)
            })
            .map(|spoken| spoken.name.clone());
        // A column of names, each said once, groups nothing: its rows are asked for.
        if measures.is_empty() && ordered && !groups.is_empty() {
            groups.retain(|group| self.column(&group.name).is_none_or(|column| !column.unique));
        }
        let count = self.tokens.iter().enumerate().find_map(|(place, token)| match token.kind {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
            Kind::Number(value) if value.fract() == 0.0 && (1.0..=1000.0).contains(&value) && !compared(self.tokens, place) => {
                Some(value as u64)
            }
            _ => None,
        });
        let few =
            groups.iter().any(|group| self.column(&group.name).is_some_and(|column| column.levels > 0) || group.kind == ColumnKind::Time);
        let top = if !ordered {
            None
        } else if let Some(count) = count {
            Some(count)
        } else if groups.is_empty() {
            Some(if self.has(&["which", "what", "who", "whose", "the"]) && !self.has(&["top", "ranking", "rank"]) { 1 } else { 10 })
        } else if few {
            None
        } else {
            Some(10)
        };
        Question { measures, groups, top, ordered, rising, value }
    }

    /// Whether the first or last of an order are asked for, and whether the smallest come first.
    fn order(&self) -> (bool, bool) {
        let at = |name: &str| self.tokens.iter().position(|token| lexicon::is(token, name) && !self.is_said(token));
        let first = self.tokens.windows(2).any(|pair| pair[1].is_any(&["first"]) && lexicon::is(&pair[0], "most"))
            || self.has(&["descending", "ranked", "ranking", "rank", "desc"]);
        let (most, mut least) = (at("most"), at("least"));
        // "At least", "at most" are comparisons.
        let compares = |place: Option<usize>| place.is_some_and(|place| place > 0 && self.tokens[place - 1].is("at"));
        if compares(least) {
            least = None;
        }
        let most = most.filter(|place| !compares(Some(*place)));
        let slow = self.has(&["slowest"])
            && self
                .said
                .iter()
                .chain(&related(self.tokens, self.columns, &[ColumnKind::Number]))
                .any(|spoken| lexicon::relation("hour", &name_stems(&spoken.name)) > 0);
        if slow {
            return (true, false);
        }
        match (most, least) {
            (Some(most), Some(least)) => (true, least < most && !first),
            (Some(_), None) => (true, false),
            (None, Some(_)) => (true, true),
            (None, None) => (first || self.has(&["ascending"]), self.has(&["ascending"])),
        }
    }

    /// Whether a word names a column.
    fn is_said(&self, token: &Token) -> bool {
        self.said.iter().any(|spoken| self.tokens.get(spoken.at).is_some_and(|at| at.start == token.start))
    }

    fn groups(&self, filtered: &[&str]) -> Vec<Group> {
        let mut found: Vec<Group> = Vec::new();
        let mut add = |group: Group| {
            if !found.iter().any(|known| known.name == group.name) {
                found.push(group);
            }
        };
        let (ordered, _) = self.order();
        let explicit = self.tokens.iter().any(|token| AGGREGATES.iter().any(|(words, _)| token.is_any(words)));
        let asked = |spoken: &Spoken| {
            self.mentions(spoken).into_iter().any(|at| {
                (1..=4).any(|back| {
                    at.checked_sub(back).is_some_and(|place| {
                        self.tokens[place].is_any(&["which", "what", "whose"])
                            && self.tokens[place..at].iter().all(|token| !token.is_mark())
                    })
                })
            })
        };
        // A column that tells every row from the others groups none.
        let each = |spoken: &&Spoken| {
            spoken.kind == Some(ColumnKind::Time) || !explicit || self.column(&spoken.name).is_none_or(|column| !column.unique)
        };
        for spoken in self.said.iter().filter(|spoken| !self.by_value(spoken)).filter(each) {
            let class = matches!(spoken.kind, Some(ColumnKind::Group | ColumnKind::Text | ColumnKind::Time));
            let free = !filtered.contains(&spoken.name.as_str());
            let grouping = spoken.role == Role::Group
                && (class
                    || spoken.kind.is_none()
                    || (spoken.levels > 0 && !ordered)
                    || self.tokens.get(spoken.at.wrapping_sub(1)).is_some_and(|token| token.is_any(&["per", "each"])));
            let classed = spoken.kind == Some(ColumnKind::Group) && explicit && free;
            // "The top five customers", "the five customers who spent the most".
            let first = ordered
                && class
                && free
                && self.mentions(spoken).into_iter().any(|at| {
                    let near = (1..=4).any(|back| {
                        at.checked_sub(back).is_some_and(|place| {
                            (lexicon::is(&self.tokens[place], "most") || lexicon::is(&self.tokens[place], "least"))
                                && self.tokens[place..at].iter().all(|token| !token.is_mark())
                        })
                    });
                    near || self.tokens.get(at + 1).is_some_and(|token| token.is_any(&["who", "which", "that", "with"]))
                });
            if grouping || classed || first || (class && free && asked(spoken)) {
                add(Group { sql: identifier(&spoken.name), name: spoken.name.clone(), kind: spoken.kind.unwrap_or(ColumnKind::Group) });
            }
        }
        // Two values of one column are held against each other.
        for column in self.columns.iter().filter(|column| filtered.contains(&column.name.as_str()) && column.kind == ColumnKind::Group) {
            let mut values: Vec<&str> = (0..self.tokens.len()).filter_map(|place| value_at(self.tokens, place, column)).collect();
            values.dedup();
            let compares = self.has(&["versus", "vs", "compare", "compared", "between", "against", "both"]);
            if values.len() > 1 && compares {
                add(Group { sql: identifier(&column.name), name: column.name.clone(), kind: ColumnKind::Group });
            }
        }
        if let Some(part) = self.part_of_time() {
            add(part);
        }
        // In other words: "per branch" of a column `shop`; "who" of names.
        if found.is_empty() {
            let others = related(self.tokens, self.columns, &[ColumnKind::Group, ColumnKind::Text]);
            let chosen = others.iter().find(|spoken| {
                (spoken.role == Role::Group || asked(spoken) || self.tokens[spoken.at].is("who"))
                    && !filtered.contains(&spoken.name.as_str())
            });
            if let Some(spoken) = chosen {
                found.push(Group {
                    sql: identifier(&spoken.name),
                    name: spoken.name.clone(),
                    kind: spoken.kind.unwrap_or(ColumnKind::Group),
                });
            }
        }
        found
    }

    /// "Per month" of a column of days.
    pub(super) fn part_of_time(&self) -> Option<Group> {
        let time = self
            .said
            .iter()
            .find(|spoken| spoken.kind == Some(ColumnKind::Time))
            .and_then(|spoken| self.column(&spoken.name))
            .or_else(|| {
                self.columns.iter().find(|column| column.kind == ColumnKind::Time && !column.latest.iter().all(|value| value.len() == 4))
            })?;
        let place = self.tokens.iter().enumerate().find_map(|(place, token)| {
            let part = PARTS.iter().find(|(words, ..)| token.is_any(words))?;
            let adverb = token.lower.ends_with("ly") && !token.is("early");
            let before = place.checked_sub(1).and_then(|before| self.tokens.get(before));
            let grouped = before.is_some_and(|token| token.is_any(&["per", "by", "each", "every", "which", "what", "a", "of", "for"]))
                || (token.is_any(&["weekday", "weekdays"]) || token.is_any(&["day", "days"]) && self.is_of_week(place))
                || (before.is_some_and(|token| token.is("the")) && place > 1 && self.tokens[place - 2].is_any(&["by", "over", "across"]));
            let of = before.is_some_and(|token| token.is("of"))
                && !self.is_of_week(place)
                && !self.tokens.get(place.wrapping_sub(2)).is_some_and(|token| token.is_any(&["day", "time"]));
            let spoken = self.is_said(token);
            ((adverb || (grouped && !of)) && !spoken).then_some((part, place))
        });
        let ((_, name, format), at) = place?;
        // "Which day of the week".
        let weekday = *name == "day" && self.is_of_week(at);
        let name = if weekday { &"weekday" } else { name };
        let column = identifier(&time.name);
        let sql = match *name {
            // A month that is written as such is no day that SQLite reads.
            "month" => format!("substr({column}, 1, 7)"),
            "year" => format!("substr({column}, 1, 4)"),
            "quarter" => format!("substr({column}, 1, 4) || '-Q' || ((CAST(substr({column}, 6, 2) AS INTEGER) + 2) / 3)"),
            "weekday" => format!(
                "CASE strftime('%w', {column}) WHEN '0' THEN 'Sunday' WHEN '1' THEN 'Monday' WHEN '2' THEN 'Tuesday' WHEN '3' THEN 'Wednesday' WHEN '4' THEN 'Thursday' WHEN '5' THEN 'Friday' ELSE 'Saturday' END"
            ),
            _ => format!("strftime({}, {column})", quoted(format)),
        };
        Some(Group { sql, name: (*name).to_owned(), kind: ColumnKind::Time })
    }

    /// "Days of the week".
    fn is_of_week(&self, place: usize) -> bool {
        let next = |offset: usize, word: &str| self.tokens.get(place + offset).is_some_and(|token| token.is(word));
        next(1, "of") && (next(2, "week") || next(3, "week"))
    }

    fn measures(&self, filtered: &[&str], groups: &[Group]) -> Vec<Measure> {
        let mut found: Vec<Measure> = Vec::new();
        let functions: Vec<(usize, &'static str)> = self
            .tokens
            .iter()
            .enumerate()
            .filter_map(|(place, token)| {
                let (_, function) = AGGREGATES.iter().find(|(words, _)| token.is_any(words))?;
                // "The column total" is no order to add up; "don't count" no order to count.
                let column = self.is_said(token) && !(self.said.len() == 1 && groups.is_empty());
                let before = |back: usize| place.checked_sub(back).and_then(|place| self.tokens.get(place));
                let negated = before(1).is_some_and(|token| token.is_any(&["t", "not", "never"]));
                let alone = |word: &str, needed: &[&str]| token.is(word) && !before(1).is_some_and(|token| token.is_any(needed));
                let idle = alone("many", &["how"])
                    || alone("much", &["how"])
                    || alone("often", &["how"])
                    || token.is("overall") && *function == "sum" && self.has(&["average", "mean", "median"]);
                let head = token.is("head") && !self.tokens.get(place + 1).is_some_and(|next| next.is("count"));
                let add = token.is("add") && !self.tokens.iter().skip(place + 1).take(4).any(|next| next.is_any(&["up", "together"]));
                (!column && !negated && !idle && !head && !add).then_some((place, *function))
            })
            .collect();
        let averaged = functions.iter().any(|(_, function)| matches!(*function, "avg" | "median"));
        let numbers: Vec<&Spoken> =
            self.said.iter().filter(|spoken| self.is_number(spoken) && !groups.iter().any(|group| group.name == spoken.name)).collect();
        for (number, (place, function)) in functions.iter().enumerate() {
            let until = functions.get(number + 1).map_or(usize::MAX, |(next, _)| *next);
            let after = numbers.iter().find(|spoken| spoken.at > *place && spoken.at < until);
            let close = after.filter(|spoken| spoken.at <= place + 4);
            let measure = match *function {
                "count" => {
                    // "The average number of hours" asks for no count.
                    if averaged
                        && functions
                            .iter()
                            .any(|(other, function)| matches!(*function, "avg" | "median" | "sum") && *other < *place && place - other <= 2)
                    {
                        continue;
                    }
                    let direct = close.filter(|spoken| spoken.at <= place + 2 && !filtered.contains(&spoken.name.as_str()));
                    match direct {
                        Some(_) if averaged => continue,
                        Some(spoken) if !self.tokens[*place].is_any(&["count", "often"]) => {
                            Measure { function: "sum", column: Some(spoken.name.clone()) }
                        }
                        _ => Measure { function: "count", column: None },
                    }
                }
                "share" => Measure { function: "share", column: close.map(|spoken| spoken.name.clone()) },
                function => {
                    if function == "sum" && averaged && self.tokens[*place].is_any(&["much", "overall", "combined"]) {
                        continue;
                    }
                    let free = |spoken: &&&Spoken| !filtered.contains(&spoken.name.as_str());
                    let column = after
                        .or_else(|| numbers.iter().rev().find(|spoken| spoken.at < *place).filter(free))
                        .map(|spoken| spoken.name.clone())
                        .or_else(|| self.likely_number());
                    Measure { function, column }
                }
            };
            if !found.contains(&measure) {
                found.push(measure);
            }
        }
        // "Average price and stock": what is said beside takes the same function.
        if let ([one], true) = (found.clone().as_slice(), numbers.len() > 1)
            && one.column.is_some()
            && !matches!(one.function, "count" | "share")
        {
            for spoken in &numbers {
                let listed =
                    self.tokens.get(spoken.at.wrapping_sub(1)).is_some_and(|token| token.is("and") || token.kind == Kind::Mark(','));
                let more = Measure { function: one.function, column: Some(spoken.name.clone()) };
                if listed && !found.contains(&more) && !filtered.contains(&spoken.name.as_str()) {
                    found.push(more);
                }
            }
        }
        // What one number at least needs a column for goes without.
        let any = found.len() > 1;
        found.retain(|measure| measure.column.is_some() || matches!(measure.function, "count" | "share") || !any);
        found
    }

    /// What is reckoned where nobody says it: sums of what adds up, means of the rest, else how many there are.
    pub(super) fn usual_measure(&self, value: Option<&String>) -> Measure {
        if value.is_none() && self.has(&["busiest", "quietest", "often", "common"]) {
            return Measure { function: "count", column: None };
        }
        let column = value.cloned().or_else(|| {
            // "The busiest day" counts; "took the most money" adds up.
            related(self.tokens, self.columns, &[ColumnKind::Number]).first().map(|spoken| spoken.name.clone())
        });
        let column = column.or_else(|| {
            let rows = self.has(&["busiest", "often"])
                || self.has(&["most", "common", "frequent"])
                    && self.columns.iter().filter(|column| column.kind == ColumnKind::Number && !is_key(column)).count() != 1;
            if rows { None } else { self.likely_number() }
        });
        match column {
            Some(name) => Measure { function: if is_rate(&name) { "avg" } else { "sum" }, column: Some(name) },
            None => Measure { function: "count", column: None },
        }
    }
}
