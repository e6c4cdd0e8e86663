//! How is a question about one table said in SQL?

use crate::builder::sources::identifier;
use crate::builder::{Builder, Planned};
use crate::columns::{Role, Spoken, spoken};
use crate::given::{Column, ColumnKind};

impl Builder<'_> {
    pub(super) fn of_table_in_sql(&mut self, table: usize) -> Planned<()> {
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
}
