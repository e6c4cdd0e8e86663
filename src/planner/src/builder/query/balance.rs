//! What is still open: what one table asks for less what another one has brought in.

use serde_json::Value as Json;

use super::question::is_key;
use crate::builder::sources::identifier;
use crate::builder::{Builder, Planned};
use crate::columns::spoken;
use crate::given::{Column, ColumnKind};
use crate::words::{Token, name_stems};

/// Words that ask for what is open.
const OPEN: &[&str] = &[
    "open",
    "outstanding",
    "unpaid",
    "owe",
    "owes",
    "owed",
    "owing",
    "balance",
    "balances",
    "overdue",
    "unsettled",
    "arrears",
    "receivable",
    "receivables",
];
/// Words of what has come in, as stems.
const BROUGHT: &[&str] = &[
    "paid", "payment", "receiv", "receipt", "credit", "return", "deliv", "deliveri", "settl", "transfer", "book", "bank", "incom", "arriv",
];

impl Builder<'_> {
    /// Whether what is left of one table's numbers after another's is asked for.
    pub(super) fn asks_balance(&self, tokens: &[Token]) -> bool {
        let partly = tokens.windows(4).any(|near| {
            near.iter().any(|token| token.is_any(&["not", "t"]))
                && near.iter().any(|token| token.is_any(&["fully", "completely", "entirely"]))
        });
        partly || tokens.iter().any(|token| token.is_any(OPEN))
    }

    /// The open amounts, by what the question names or by each entry, with what they come to together.
    pub(super) fn balance(&mut self, pair: &[usize; 2], names: &[String], key: &(String, String), entries: Vec<Json>) -> Planned<bool> {
        let keys = [key.0.clone(), key.1.clone()];
        let numbers: Vec<Vec<Column>> = (0..2)
            .map(|side| {
                let columns = self.values[pair[side]].columns.iter();
                columns
                    .filter(|column| column.kind == ColumnKind::Number && !is_key(column) && column.name != keys[side])
                    .cloned()
                    .collect()
            })
            .collect();
        let ([owed], [paid]) = (numbers[0].as_slice(), numbers[1].as_slice()) else { return Ok(false) };
        // What comes in is told by its names; else the list in which each has one row is what is asked for.
        let brought = |side: usize, column: &Column| {
            let value = &self.values[pair[side]];
            let stems = value.names.iter().flatten().cloned().chain(name_stems(&column.name));
            stems.filter(|stem| BROUGHT.iter().any(|word| stem.starts_with(word))).count()
        };
        let unique = |side: usize| self.values[pair[side]].columns.iter().any(|column| column.name == keys[side] && column.unique);
        let swap = match brought(0, owed).cmp(&brought(1, paid)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => unique(1) && !unique(0),
        };
        let (one, other) = if swap { (1, 0) } else { (0, 1) };
        let (owed, paid) = if swap { (paid, owed) } else { (owed, paid) };
        let columns = self.values[pair[one]].columns.clone();
        let sentence = self.sentence();
        let by = spoken(&sentence, &columns)
            .into_iter()
            .find(|spoken| {
                spoken.name != keys[one]
                    && matches!(spoken.kind, Some(ColumnKind::Group | ColumnKind::Text))
                    && sentence[..spoken.at].iter().rev().take(2).any(|token| token.is_any(&["each", "per", "by", "every", "which"]))
            })
            .map(|spoken| spoken.name);
        let all: Vec<String> = columns.iter().map(|column| format!("a.{}", identifier(&column.name))).collect();
        let open = format!("a.{} - coalesce(b.\"paid\", 0)", identifier(&owed.name));
        let rows = format!(
            "SELECT {}, round(coalesce(b.\"paid\", 0), 2) AS \"paid\", round({open}, 2) AS \"open\" FROM {} a LEFT JOIN (SELECT {}, sum({}) AS \"paid\" FROM {} GROUP BY 1) b ON a.{} = b.{} WHERE abs({open}) > 0.004",
            all.join(", "),
            identifier(&names[one]),
            identifier(&keys[other]),
            identifier(&paid.name),
            identifier(&names[other]),
            identifier(&keys[one]),
            identifier(&keys[other])
        );
        let (sql, made) = match by {
            Some(by) => (
                format!(
                    "SELECT {0}, round(sum(\"open\"), 2) AS \"open\", count(*) AS \"entries\", round(sum(sum(\"open\")) OVER (), 2) AS \"all_together\" FROM ({rows}) GROUP BY 1 ORDER BY 2 DESC",
                    identifier(&by)
                ),
                vec![Column { levels: 12, ..Column::new(by, ColumnKind::Group) }, Column::new("open", ColumnKind::Number)],
            ),
            None => (
                format!("SELECT *, round(sum(\"open\") OVER (), 2) AS \"all_together\" FROM ({rows}) ORDER BY \"open\" DESC"),
                vec![Column::new(keys[one].clone(), ColumnKind::Text), Column::new("open", ColumnKind::Number)],
            ),
        };
        self.rules.push(format!("of `{}`, what `{}` has brought in is taken away, by `{}`", owed.name, paid.name, keys[one]));
        self.run(&sql, true, entries, made)?;
        Ok(true)
    }
}
