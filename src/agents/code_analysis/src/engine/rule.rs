//! What a rule says, and how rules are read from TOML: the shipped ones and a user's own.

use std::sync::OnceLock;

use baton_agents_runtime::SkillError;
use serde::Deserialize;
use tree_sitter::Query;

use super::expression::Expression;
use crate::languages::{ALL, Facts};
use crate::own::{line_of, malformed, parse, within};
use crate::rules::Severity;

/// The most rules, and the most formats of secrets, that a user may add.
pub(crate) const MAXIMUM_RULES: usize = 200;
/// The most bytes that all texts of a user's rules and formats may have together.
pub(crate) const MAXIMUM_RULE_BYTES: usize = 256 << 10;
/// The most files of them.
pub(crate) const MAXIMUM_RULE_FILES: usize = 20;

/// The rules that come with the agent, a file a language.
const SHIPPED: &[(&str, &str)] = &[
    ("python.toml", include_str!("../../rules/python.toml")),
    ("javascript.toml", include_str!("../../rules/javascript.toml")),
    ("go.toml", include_str!("../../rules/go.toml")),
    ("java.toml", include_str!("../../rules/java.toml")),
    ("rust.toml", include_str!("../../rules/rust.toml")),
    ("practices.toml", include_str!("../../rules/practices.toml")),
];

/// Which review a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    #[default]
    Security,
    Performance,
    Practice,
}

/// How likely a finding is a true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Confidence {
    Low,
    Medium,
    High,
}

/// What must be known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    /// Anything.
    #[default]
    Any,
    /// It comes from a source of untrusted data.
    Tainted,
    /// It comes from there, or from a parameter of the function.
    Untrusted,
    /// It is a text put together with a part that is not constant, or it is tainted.
    Built,
    /// It is put together with a parameter of the function, or it is tainted.
    Composed,
    /// It is not constant.
    Dynamic,
    /// It is constant.
    Constant,
    /// It is a regular expression that can take exponential time.
    Explosive,
}

/// An argument of a call: by its place from 0, -1 for what a method is called on, or by its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Place {
    Index(i32),
    Name(String),
}

/// A call, the making of a value of a type, or an assignment that a rule looks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    /// Names with `*` for any characters; joined by dots, imports resolved. `<text>` is a text that is put together of parts,
    /// `<return>` what a function returns, `<answer>` what a function returns to a client, `<regex>` a regular expression.
    pub(crate) name: Vec<String>,
    /// The arguments looked at; all when empty.
    #[serde(default)]
    pub(crate) argument: Vec<Place>,
    #[serde(default)]
    pub(crate) value: Condition,
    /// The argument's source, or the literal that its variable holds, matches this.
    #[serde(default)]
    pub(crate) matches: Option<String>,
    #[serde(default)]
    pub(crate) not_matches: Option<String>,
    /// Named arguments that must be there, with a regular expression for each.
    #[serde(default)]
    pub(crate) with: std::collections::BTreeMap<String, String>,
    /// Named arguments that must not be there.
    #[serde(default)]
    pub(crate) without: Vec<String>,
    /// How many arguments there are at least and at most.
    #[serde(default)]
    pub(crate) at_least: usize,
    #[serde(default)]
    pub(crate) at_most: Option<usize>,
    /// It stands in a loop.
    #[serde(default)]
    pub(crate) in_loop: bool,
    /// It stands in an asynchronous function.
    #[serde(default)]
    pub(crate) in_async: bool,
    /// The whole source of the statement does not match this.
    #[serde(default)]
    pub(crate) unless: Option<String>,
    /// The whole source of the statement matches this.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// The source of the nearest function with a name around it, or of the file where there is none, matches this in its first 8 KiB.
    #[serde(default)]
    pub(crate) within: Option<String>,
    /// That source does not match this.
    #[serde(default)]
    pub(crate) not_within: Option<String>,
    /// What made the argument matches this: its name, imports and variables resolved.
    #[serde(default)]
    pub(crate) origin: Option<String>,
    /// It calls the function that it stands in.
    #[serde(default)]
    pub(crate) recursive: bool,
}

/// A rule as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) id: String,
    /// Which review it belongs to. A shipped one without it is of security, a user's own of every review.
    #[serde(default)]
    pub(crate) kind: Option<Kind>,
    pub(crate) title: String,
    pub(crate) languages: Vec<String>,
    #[serde(default)]
    pub(crate) cwe: Vec<u32>,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) message: String,
    pub(crate) advice: String,
    /// What sanitizers of values it believes in: `shell`, `html`, `sql`, `path`, `url`, `log` and the other classes of `flow::CLASSES`.
    #[serde(default)]
    pub(crate) class: Option<String>,
    #[serde(default)]
    pub(crate) call: Vec<Form>,
    #[serde(default)]
    pub(crate) assign: Vec<Form>,
    /// Queries of tree-sitter; what they call `@found` is found.
    #[serde(default)]
    pub(crate) query: Vec<String>,
    /// The file's source must match this for the rule to apply at all.
    #[serde(default)]
    pub(crate) file_matches: Option<String>,
    #[serde(default)]
    pub(crate) file_not_matches: Option<String>,
}

/// What a language's sources, sanitizers and validators are.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    pub(crate) languages: Vec<String>,
    /// Names whose values are untrusted.
    #[serde(default)]
    pub(crate) sources: Vec<String>,
    /// Annotations or decorators that make parameters untrusted.
    #[serde(default)]
    pub(crate) entry: Vec<String>,
    /// Calls that make a value safe, by class; `all` for every class.
    #[serde(default)]
    pub(crate) sanitizers: std::collections::BTreeMap<String, Vec<String>>,
    /// Calls that, in a condition, show that their argument was checked.
    #[serde(default)]
    pub(crate) validators: Vec<String>,
    /// Calls whose result is a text put together of its arguments.
    #[serde(default)]
    pub(crate) builders: Vec<String>,
    /// Calls that only return if their arguments are in order, so that these are checked afterwards.
    #[serde(default)]
    pub(crate) guards: Vec<String>,
    /// Calls that write untrusted data into the variables that they are given the addresses of.
    #[serde(default)]
    pub(crate) fills: Vec<String>,
    /// Annotations or attributes of functions all of whose parameters are untrusted.
    #[serde(default)]
    pub(crate) entry_functions: Vec<String>,
    /// Types whose parameters are untrusted, and those whose are not in such functions.
    #[serde(default)]
    pub(crate) entry_types: Vec<String>,
    #[serde(default)]
    pub(crate) trusted_types: Vec<String>,
    /// Further sources, whose values cannot do every harm.
    #[serde(default)]
    pub(crate) origins: Vec<Origin>,
    /// Annotations or decorators that make parameters come from who starts the program.
    #[serde(default)]
    pub(crate) local_entry: Vec<String>,
    /// What the source of a parameter holds that is not from outside although its function is called from there.
    #[serde(default)]
    pub(crate) trusted: Vec<String>,
    /// Calls whose result is part of what they are called on, and not made of their arguments.
    #[serde(default)]
    pub(crate) lookups: Vec<String>,
    /// Calls that do not return if what they are given is bad.
    #[serde(default)]
    pub(crate) asserts: Vec<String>,
    /// Validators of one class.
    #[serde(default)]
    pub(crate) checks: std::collections::BTreeMap<String, Vec<String>>,
    /// Calls that call the functions given to them with data from outside; `name(text)` if their first argument is this text.
    #[serde(default)]
    pub(crate) callbacks: Vec<String>,
    /// Calls that call the functions given to them with a request, and the name under which requests are sources.
    #[serde(default)]
    pub(crate) handlers: Vec<String>,
    #[serde(default)]
    pub(crate) request: Option<String>,
    /// Names of functions that are called from outside.
    #[serde(default)]
    pub(crate) functions: Vec<String>,
}

/// Sources whose values are harmless for some classes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Origin {
    pub(crate) name: Vec<String>,
    pub(crate) harmless: Vec<String>,
}

/// A form with its expressions compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) form: Form,
    pub(crate) matches: Option<Expression>,
    pub(crate) not_matches: Option<Expression>,
    pub(crate) unless: Option<Expression>,
    pub(crate) source: Option<Expression>,
    pub(crate) within: Option<Expression>,
    pub(crate) not_within: Option<Expression>,
    pub(crate) origin: Option<Expression>,
    pub(crate) with: Vec<(String, Expression)>,
}

impl Compiled {
    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        [&self.matches, &self.not_matches, &self.unless, &self.source, &self.within, &self.not_within, &self.origin]
            .into_iter()
            .flatten()
            .chain(self.with.iter().map(|(_, expression)| expression))
    }
}

/// A rule ready for one language.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) written: Written,
    pub(crate) calls: Vec<Compiled>,
    pub(crate) assigns: Vec<Compiled>,
    pub(crate) file_matches: Option<Expression>,
    pub(crate) file_not_matches: Option<Expression>,
}

impl Rule {
    /// How many bytes of a text one of its expressions looked at where there were more, if that was so.
    fn cut_at(&self) -> Option<usize> {
        let forms = self.calls.iter().chain(&self.assigns).flat_map(Compiled::expressions);
        let file = [&self.file_matches, &self.file_not_matches].into_iter().flatten();
        forms.chain(file).filter_map(Expression::cut_at).min()
    }
}

/// Everything that is known about one review.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// The shipped rules, where these are a user's own beside them.
    shipped: Option<&'static Catalogue>,
    rules: Vec<Rule>,
    flows: Vec<Flow>,
}

/// The shipped rules of each kind, read once.
static SHIPPED_RULES: [OnceLock<Result<Catalogue, SkillError>>; 3] = [const { OnceLock::new() }; 3];

impl Catalogue {
    /// The shipped rules of a kind.
    pub(crate) fn shipped(kind: Kind) -> Result<&'static Self, SkillError> {
        let read = || {
            let mut catalogue = Self { shipped: None, rules: Vec::new(), flows: Vec::new() };
            for (name, text) in SHIPPED {
                catalogue.add(name, text, kind, false)?;
            }
            Ok(catalogue)
        };
        SHIPPED_RULES[kind as usize].get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The shipped rules of a kind, and a user's own, which come as texts with what messages call them.
    pub(crate) fn with(kind: Kind, own: &[(String, String)]) -> Result<Self, SkillError> {
        within(own)?;
        let mut catalogue = Self { shipped: Some(Self::shipped(kind)?), rules: Vec::new(), flows: Vec::new() };
        for (name, text) in own {
            catalogue.add(name, text, kind, true)?;
        }
        if catalogue.rules.len() > MAXIMUM_RULES {
            return Err(malformed(format!("rules: there are more than {MAXIMUM_RULES} rules.")));
        }
        Ok(catalogue)
    }

    fn add(&mut self, name: &str, text: &str, kind: Kind, own: bool) -> Result<(), SkillError> {
        // Formats of secrets, which may stand in the same files, are for the search that looks for them.
        let document = parse(name, text)?;
        self.flows.extend(document.flow);
        for written in document.rule {
            let of_another = written.kind.map_or(!own && kind != Kind::default(), |named| named != kind);
            if of_another && !own {
                continue;
            }
            let line = text.find(&format!("\"{}\"", written.id)).map_or(1, |at| line_of(text, at));
            let rule = compile(written, own).map_err(|(id, why)| malformed(format!("{name}, line {line}, rule {id}: {why}.")))?;
            // Whoever wrote it learns of a mistake in any review.
            if of_another {
                continue;
            }
            if self.all().any(|other| other.written.id == rule.written.id) {
                return Err(malformed(format!("{name}, line {line}: there is already a rule {}.", rule.written.id)));
            }
            self.rules.push(rule);
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &Rule> {
        self.shipped.into_iter().flat_map(|shipped| &shipped.rules).chain(&self.rules)
    }

    /// The rules for a language.
    pub(crate) fn of<'a>(&'a self, language: &'a str) -> impl Iterator<Item = &'a Rule> + 'a {
        self.all().filter(move |rule| rule.written.languages.iter().any(|name| name == language))
    }

    /// Which of a user's own rules looked only at the beginning of a text, because an expression is large, if any did.
    pub(crate) fn note(&self) -> Option<String> {
        let cut = |rule: &Rule| rule.cut_at().map(|bytes| format!("{} (the first {bytes} bytes)", rule.written.id));
        let rules: Vec<String> = self.rules.iter().filter_map(cut).collect();
        let list = rules.join(", ");
        (!rules.is_empty()).then(|| {
            format!("Of longer sources, these rules looked at the beginning only, because their expressions are large; use simpler ones: {list}.")
        })
    }

    /// How values flow, in all languages.
    pub(crate) fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.shipped.into_iter().flat_map(|shipped| &shipped.flows).chain(&self.flows)
    }
}

/// What is said of an id that is none.
pub(crate) const NO_ID: &str = "its id must be lower-case letters, digits and hyphens";

/// Whether a text can be the id of a rule or a format.
pub(crate) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 80 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `strict` also compiles the expressions and holds the queries against the grammars; of the shipped rules a test does, because it takes seconds for
/// all of them.
fn compile(written: Written, strict: bool) -> Result<Rule, (String, String)> {
    let id = written.id.clone();
    let fail = |why: String| (id.clone(), why);
    if !is_id(&written.id) {
        return Err(fail(NO_ID.to_owned()));
    }
    if written.call.is_empty() && written.assign.is_empty() && written.query.is_empty() {
        return Err(fail("it looks for nothing; give call, assign or query".to_owned()));
    }
    if written.languages.is_empty() {
        return Err(fail("languages is empty".to_owned()));
    }
    for language in &written.languages {
        let facts = Facts::named(language).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|facts| facts.name).collect();
            fail(format!("there is no language {language}; there are {}", names.join(", ")))
        })?;
        for query in written.query.iter().filter(|_| strict) {
            for grammar in facts.grammars(None) {
                let compiled = Query::new(&grammar, query)
                    .map_err(|error| fail(format!("its query does not fit {language}: {}", error.to_string().replace('\n', " "))))?;
                if compiled.capture_index_for_name("found").is_none() {
                    return Err(fail("its query has no @found".to_owned()));
                }
            }
        }
    }
    let expression = |text: &str| if strict { Expression::checked(text) } else { Ok(Expression::trusted(text)) };
    let forms = |forms: &[Form]| -> Result<Vec<Compiled>, (String, String)> {
        forms
            .iter()
            .map(|form| {
                let optional = |text: &Option<String>| text.as_deref().map(|text| expression(text).map_err(&fail)).transpose();
                let with: Result<Vec<_>, _> =
                    form.with.iter().map(|(name, text)| expression(text).map(|regex| (name.clone(), regex)).map_err(&fail)).collect();
                Ok(Compiled {
                    form: form.clone(),
                    matches: optional(&form.matches)?,
                    not_matches: optional(&form.not_matches)?,
                    unless: optional(&form.unless)?,
                    source: optional(&form.source)?,
                    within: optional(&form.within)?,
                    not_within: optional(&form.not_within)?,
                    origin: optional(&form.origin)?,
                    with: with?,
                })
            })
            .collect()
    };
    let file = |text: &Option<String>| text.as_deref().map(|text| expression(text).map_err(&fail)).transpose();
    Ok(Rule {
        calls: forms(&written.call)?,
        assigns: forms(&written.assign)?,
        file_matches: file(&written.file_matches)?,
        file_not_matches: file(&written.file_not_matches)?,
        written,
    })
}

/// Whether a name fits a pattern in which `*` stands for any characters.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, n));
            p += 1;
        } else if pattern.get(p) == Some(&name[n]) {
            p += 1;
            n += 1;
        } else if let Some((at, from)) = star {
            p = at + 1;
            n = from + 1;
            star = Some((at, n));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
