//! Which language a source without a file name is in.

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

use crate::allowance::Allowance;
use crate::languages::{ALL, Facts};
use crate::source::Source;
use crate::tree;

/// How much of a source is searched for signs.
const SAMPLE: usize = 64 << 10;

/// The language of a source: as said, else by its file's name, else the one with the most signs among those in which
/// it has no errors.
///
/// # Errors
/// `CODE-002` if it cannot be told, `CODE-007` if that takes too long.
pub fn language(allowance: &Allowance<'_>, named: Option<&str>, source: &Source) -> Result<&'static Facts, SkillError> {
    if let Some(name) = named {
        return Facts::named(name).ok_or_else(|| unknown("the input names a language that is not read"));
    }
    if let Some(facts) = source.file_name.as_deref().and_then(Facts::of_file) {
        return Ok(facts);
    }
    let sample = &source.text[..source.text.floor_char_boundary(SAMPLE)];
    let mut signs: Vec<(usize, &Facts)> =
        ALL.into_iter().map(|facts| (facts.signs.iter().filter(|sign| sample.contains(*sign)).count(), facts)).collect();
    // Stable: of equals the first stays first, so that what is both is JavaScript and not TypeScript.
    signs.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    signs.retain(|(count, _)| *count > 0);
    for (_, facts) in &signs {
        if tree::fits(allowance, facts, &source.text)? {
            return Ok(facts);
        }
    }
    match signs.as_slice() {
        // It has an error, but what it is meant to be is clear.
        [(most, facts), rest @ ..] if *most >= 3 && rest.first().is_none_or(|(next, _)| next < most) => Ok(facts),
        _ => Err(unknown("the language cannot be told from the source")),
    }
}

fn unknown(why: &str) -> SkillError {
    let names: Vec<&str> = ALL.iter().map(|facts| facts.name).collect();
    SkillError::new(Code::UnknownLanguage, format!("{why}; name one of {}.", names.join(", ")))
}
