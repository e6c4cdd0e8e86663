//! How is a question about two tables said in SQL?

use crate::builder::sources::identifier;
use crate::builder::{Builder, Planned};
use crate::columns::{Role, Spoken, spoken};
use crate::given::{Column, ColumnKind};

impl Builder<'_> {
    /// The column that two tables share.
    pub(super) fn common(&self, tables: &[usize]) -> Option<String> {
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

    pub(super) fn joined(&mut self, tables: &[usize]) -> Planned<()> {
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
}
