//! Which hypothesis is tested, on which columns and groups?

use serde_json::{Value as Json, json};

use crate::builder::{Builder, Planned};
use crate::columns::{Role, Spoken, spoken};
use crate::draft::literal;
use crate::given::{Column, ColumnKind};
use crate::values::What;
use crate::words::{Kind, Token};

impl Builder<'_> {
    pub(super) fn test(&mut self) -> Planned<()> {
        self.skill("data_science.test")?;
        let table = self.table()?;
        let mut with = self.of_table(table);
        let known = self.values[table].columns.clone();
        let mut said = spoken(&self.sentence(), &known);
        if said.len() < 2 {
            // The question may stand in one sentence and the columns in another.
            for column in spoken(&self.reading.tokens, &known) {
                if !said.iter().any(|other| other.name == column.name) {
                    said.push(column);
                }
            }
        }
        if said.len() < 2 {
            // In other words: "yields" of `harvest_kg`, "carriers" of `supplier`.
            let kinds = [ColumnKind::Number, ColumnKind::Group];
            for column in crate::columns::related(&self.reading.tokens, &known, &kinds) {
                if !said.iter().any(|other| other.name == column.name) {
                    said.push(column);
                }
            }
        }
        said.retain(|column| !known.iter().any(|known| known.name == column.name && crate::builder::query::is_key(known)));
        let sentence = self.sentence();
        let all = self.reading.tokens.clone();
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        let groups = |column: &&Spoken| {
            matches!(column.kind, Some(ColumnKind::Group | ColumnKind::Text)) || (column.kind.is_none() && column.role == Role::Group)
        };
        let few = |column: &&Spoken| known.is_empty() || column.kind != Some(ColumnKind::Text) || column.role == Role::Group;
        let classes: Vec<&Spoken> = said.iter().filter(groups).filter(few).collect();
        let numbers: Vec<&Spoken> = said
            .iter()
            .filter(|column| matches!(column.kind, Some(ColumnKind::Number)) || (column.kind.is_none() && column.role != Role::Group))
            .collect();
        // A column of few numbers can group too, if it is said to.
        let group = classes
            .iter()
            .find(|column| column.role == Role::Group)
            .or(classes.first())
            .copied()
            .or_else(|| numbers.iter().find(|column| column.role == Role::Group && column.levels > 0).copied());
        let tested: Vec<&Spoken> =
            numbers.iter().copied().filter(|column| Some(column.name.as_str()) != group.map(|group| group.name.as_str())).collect();
        let named = [
            (&["mann", "whitney"][..], "mann_whitney"),
            (&["kruskal"][..], "kruskal_wallis"),
            (&["anova"][..], "anova"),
            (&["wilcoxon"][..], "wilcoxon"),
            (&["levene", "variances", "variance"][..], "levene"),
            (&["shapiro", "normally", "normal"][..], "shapiro_wilk"),
            (&["welch"][..], "welch"),
            (&["chi", "chisquare"][..], "chi_square_independence"),
            (&["paired"][..], "t_paired"),
        ];
        let asked = named.iter().find(|(words, _)| has(words)).map(|(_, test)| *test);
        let mut levels: Vec<String> = quoted_levels(&sentence, &known);
        if levels.is_empty()
            && let Some(column) = group.and_then(|group| known.iter().find(|column| column.name == group.name))
        {
            for place in 0..sentence.len() {
                let said = crate::columns::value_at(&sentence, place, column);
                levels.extend(
                    said.filter(|value| !levels.iter().any(|known| known == value)).map(str::to_owned).into_iter().collect::<Vec<_>>(),
                );
            }
            // All of them are said: then nothing is left out.
            if levels.len() == 1 || levels.len() == column.levels {
                levels.clear();
            }
        }
        // "Before and after" of the same rows.
        let paired = tested.len() == 2
            && tested.iter().any(|column| column.name.to_lowercase().contains("before"))
            && tested.iter().any(|column| column.name.to_lowercase().contains("after"));
        let asked = asked.or(paired.then_some("t_paired"));
        let (test, columns): (&str, Vec<String>) = match (asked, tested.as_slice(), group) {
            (Some(test @ "shapiro_wilk"), [_, ..], _) => (test, tested.iter().map(|column| column.name.clone()).collect()),
            (Some(test @ ("t_paired" | "wilcoxon")), [first, second, ..], _) => {
                with.insert("against".to_owned(), literal(&second.name));
                (test, vec![first.name.clone()])
            }
            (_, [], Some(_)) if classes.len() >= 2 => {
                let group = classes.iter().find(|column| column.role == Role::Group).copied().unwrap_or(classes[1]);
                let tested = classes.iter().find(|column| column.name != group.name).copied().unwrap_or(classes[0]);
                with.insert("group".to_owned(), literal(&group.name));
                ("chi_square_independence", vec![tested.name.clone()])
            }
            (_, [_, ..], Some(group)) => {
                with.insert("group".to_owned(), literal(&group.name));
                let many = levels.len() > 2 || (levels.is_empty() && group.levels > 2);
                let test = asked.unwrap_or(if many { "anova" } else { "welch" });
                let test = if many && matches!(test, "welch") { "welch_anova" } else { test };
                if levels.len() >= 2 {
                    with.insert("levels".to_owned(), Json::Array(levels.iter().map(|level| literal(level)).collect()));
                }
                (test, tested.iter().map(|column| column.name.clone()).collect())
            }
            (_, [one], None) => {
                // One sample against a number; the group may be the only column that classifies.
                let candidates: Vec<&Column> = known.iter().filter(|column| column.kind == ColumnKind::Group).collect();
                let mean = sentence.iter().filter_map(Token::number).next();
                match (mean, candidates.as_slice()) {
                    (Some(mean), _) => {
                        with.insert("expected_mean".to_owned(), json!(mean));
                        ("t_one_sample", vec![one.name.clone()])
                    }
                    (None, [group]) => {
                        with.insert("group".to_owned(), literal(&group.name));
                        (asked.unwrap_or(if group.levels > 2 { "anova" } else { "welch" }), vec![one.name.clone()])
                    }
                    _ if self.only_number(table, &one.name).is_some() => {
                        let other = self.only_number(table, &one.name).unwrap_or_default();
                        return self.correlated(table, &one.name, &other);
                    }
                    _ => return Err(self.missing("the groups to compare", "Name the column that says which group a row belongs to.")),
                }
            }
            (None, [first, second], None) if !has(&["before", "after", "paired", "same", "between", "differ", "difference"]) => {
                // Two measures of the same rows: whether one goes with the other.
                let (first, second) = (first.name.clone(), second.name.clone());
                return self.correlated(table, &first, &second);
            }
            (_, [first, second, ..], None) => {
                with.insert("against".to_owned(), literal(&second.name));
                let paired =
                    has(&["before", "after", "paired", "same"]) || all.iter().any(|token| token.is_any(&["paired", "before", "after"]));
                (asked.unwrap_or(if paired { "t_paired" } else { "welch" }), vec![first.name.clone()])
            }
            (_, [], Some(group)) if asked.is_none() && self.only_answer(table, &group.name).is_some() => {
                let answer = self.only_answer(table, &group.name).unwrap_or_default();
                with.insert("group".to_owned(), literal(&group.name));
                ("chi_square_independence", vec![answer])
            }
            (_, [], Some(group)) => {
                let candidates: Vec<&Column> =
                    known.iter().filter(|column| column.kind == ColumnKind::Number && column.name != group.name).collect();
                with.insert("group".to_owned(), literal(&group.name));
                let candidates: Vec<&Column> = candidates.into_iter().filter(|column| !crate::builder::query::is_key(column)).collect();
                match candidates.as_slice() {
                    [one] => (asked.unwrap_or(if group.levels > 2 { "anova" } else { "welch" }), vec![one.name.clone()]),
                    _ => return Err(self.missing("the column to test", "Name the column of numbers that is to be compared.")),
                }
            }
            (_, [], None) if self.only_pair(table).is_some() => {
                let (number, group, levels) = self.only_pair(table).unwrap_or_default();
                with.insert("group".to_owned(), literal(&group));
                (asked.unwrap_or(if levels > 2 { "anova" } else { "welch" }), vec![number])
            }
            (_, [], None) => {
                return Err(
                    self.missing("the columns to test", "Name the column of numbers and the one that says which group a row belongs to.")
                );
            }
        };
        with.insert("test".to_owned(), json!(test));
        with.insert("columns".to_owned(), Json::Array(columns.iter().map(|column| literal(column)).collect()));
        if asked.is_none() {
            self.explanation.assumptions.push(format!("the test is `{test}`"));
        }
        let step = self.simple("data_science.test", with, table)?;
        let made = self.product(step, What::Other, "tests", "the test", None);
        self.values[made] = self.values[made].clone().named(&["test", "difference"]);
        Ok(())
    }
}

impl Builder<'_> {
    /// The only other column of numbers that a table has.
    fn only_number(&self, table: usize, than: &str) -> Option<String> {
        let others: Vec<&Column> = self.values[table]
            .columns
            .iter()
            .filter(|column| column.kind == ColumnKind::Number && column.name != than && !crate::builder::query::is_key(column))
            .collect();
        if let [one] = others.as_slice() { Some(one.name.clone()) } else { None }
    }

    /// The only column beside a group that is either so or so, where no numbers are there to be compared.
    fn only_answer(&self, table: usize, group: &str) -> Option<String> {
        let columns = &self.values[table].columns;
        if columns.iter().any(|column| column.kind == ColumnKind::Number && !crate::builder::query::is_key(column)) {
            return None;
        }
        let answers: Vec<&Column> =
            columns.iter().filter(|column| column.name != group && column.kind == ColumnKind::Group && column.levels == 2).collect();
        if let [one] = answers.as_slice() { Some(one.name.clone()) } else { None }
    }

    /// The column of numbers and the column of groups of a table that has one of each.
    fn only_pair(&self, table: usize) -> Option<(String, String, usize)> {
        let number = self.only_number(table, "")?;
        let groups: Vec<&Column> = self.values[table].columns.iter().filter(|column| column.kind == ColumnKind::Group).collect();
        if let [one] = groups.as_slice() { Some((number, one.name.clone(), one.levels)) } else { None }
    }
}

/// Values in quotation marks that are no columns: the groups that are compared.
fn quoted_levels(tokens: &[Token], known: &[Column]) -> Vec<String> {
    tokens
        .iter()
        .filter(|token| token.kind == Kind::Quoted && !known.is_empty() && !known.iter().any(|column| column.name == token.text))
        .map(|token| token.text.clone())
        .collect()
}
