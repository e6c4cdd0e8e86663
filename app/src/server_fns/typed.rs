//! What stands in the fields of a form? Texts, numbers, roles; what is none is refused with its field.

use std::collections::BTreeMap;

use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_domain::user::Role;

/// What was typed, without the space around it; nothing if that is all.
pub(super) fn filled(text: &str) -> Option<String> {
    Some(text.replace("\r\n", "\n").trim().to_owned()).filter(|text| !text.is_empty())
}

/// A number, if one was typed.
pub(super) fn number<T: std::str::FromStr>(field: &str, text: &str) -> Answer<Option<T>> {
    let wrong = |_| Problem::invalid_field(field, "Write a number, or leave it empty.");
    filled(text).map(|text| text.parse().map_err(wrong)).transpose()
}

/// A number with a fraction, if one was typed. What JSON has no number for is none.
pub(super) fn fraction(field: &str, text: &str) -> Answer<Option<f64>> {
    match number::<f64>(field, text)? {
        Some(number) if !number.is_finite() => Err(Problem::invalid_field(field, "Write a number, or leave it empty.")),
        number => Ok(number),
    }
}

/// A role, if one was chosen.
pub(super) fn role(field: &str, text: &str) -> Answer<Option<Role>> {
    let known = |text: String| Role::parse(&text).ok_or_else(|| Problem::invalid_field(field, "There is no such role. Choose one."));
    filled(text).map(known).transpose()
}

/// Fields by their names, each to be taken once: what is left had no use.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Those that were filled in.
    pub(super) fn of(fields: &BTreeMap<String, String>) -> Self {
        Self(fields.iter().filter_map(|(name, text)| Some((name.clone(), filled(text)?))).collect())
    }

    /// What a field says.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// A number that a field says.
    pub(super) fn fraction(&mut self, name: &str) -> Answer<Option<f64>> {
        fraction(name, &self.take(name).unwrap_or_default())
    }

    /// Refuses what was filled in and not used.
    pub(super) fn spent(self, why: &str) -> Answer<()> {
        let unused = self.0.into_keys().next();
        unused.map_or(Ok(()), |name| Err(Problem::invalid_field(name, why)))
    }
}
