//! What of an answer is wanted? Picked by JSONPath (RFC 9535) or JMESPath, within bounds of what the expression unfolds to.

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use jmespath::Variable;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

/// The longest expression, in bytes.
pub const MAXIMUM_EXPRESSION_BYTES: usize = 1000;
/// The most brackets of an expression within one another: its parser calls itself for each.
pub const MAXIMUM_EXPRESSION_DEPTH: usize = 32;
/// The most values that an expression may pick of one answer: `[@,@]|[@,@]|…` doubles at each step.
pub const MAXIMUM_PICKED_VALUES: usize = 2_000_000;

/// An expression that has been read.
pub(crate) enum Selection {
    /// Begins with `$`; all values that it finds, as a list.
    Path(JsonPath),
    /// Anything else.
    Search(jmespath::Expression<'static>),
}

impl Selection {
    /// Reads an expression of the input.
    pub(crate) fn read(field: &str, text: &str) -> Result<Self, SkillError> {
        if text.len() > MAXIMUM_EXPRESSION_BYTES || depth(text) > MAXIMUM_EXPRESSION_DEPTH {
            let bounds = format!("{MAXIMUM_EXPRESSION_BYTES} bytes and {MAXIMUM_EXPRESSION_DEPTH} brackets within one another");
            return Err(SkillError::input(field, format!("the expression is too large; it may have {bounds}")));
        }
        if text.trim_start().starts_with('$') {
            let path = JsonPath::parse(text.trim());
            return path.map(Self::Path).map_err(|error| SkillError::input(field, format!("it is no JSONPath: {error}")));
        }
        let wrong = |error: jmespath::JmespathError| SkillError::input(field, format!("it is no JMESPath expression: {}", plain(&error)));
        jmespath::compile(text).map(Self::Search).map_err(wrong)
    }

    /// What it picks. Call it within `blocking`.
    pub(crate) fn pick(&self, field: &str, value: &Value) -> Result<Value, SkillError> {
        match self {
            Self::Path(path) => {
                let found = path.query(value);
                let mut left = MAXIMUM_PICKED_VALUES;
                for node in found.iter() {
                    left = left.checked_sub(count(node)).ok_or_else(|| too_many(field))?;
                }
                Ok(found.iter().map(|node| (*node).clone()).collect())
            }
            Self::Search(expression) => {
                let unfit = |error: jmespath::JmespathError| {
                    SkillError::new(Code::ApiAnswerUnfit, format!("{field}: the expression does not fit the answer: {}", plain(&error)))
                };
                let found = expression.search(value).map_err(unfit)?;
                let mut left = MAXIMUM_PICKED_VALUES;
                unfold(&found, &mut left).ok_or_else(|| too_many(field))
            }
        }
    }

    /// The single value that it picks, as the cursor to a next page: none if there is none, or if it is null, false or empty.
    pub(crate) fn cursor(&self, field: &str, value: &Value) -> Result<Option<String>, SkillError> {
        let picked = match (self, self.pick(field, value)?) {
            (Self::Path(_), Value::Array(mut found)) if found.len() <= 1 => found.pop().unwrap_or(Value::Null),
            (_, other) => other,
        };
        match picked {
            Value::Null | Value::Bool(false) => Ok(None),
            Value::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            Value::Number(number) => Ok(Some(number.to_string())),
            _ => Err(SkillError::new(Code::ApiAnswerUnfit, format!("{field}: what it picks is neither a text nor a number"))),
        }
    }
}

fn too_many(field: &str) -> SkillError {
    let message = format!("{field}: the expression picks more than {MAXIMUM_PICKED_VALUES} values of one answer; make it narrower");
    SkillError::new(Code::ApiAnswerUnfit, message)
}

/// The first line says what is wrong; the others draw where.
fn plain(error: &jmespath::JmespathError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The most brackets that are open at once, or negations in a row, which nest as brackets do. Those within quotes count too, which
/// does no harm.
fn depth(text: &str) -> usize {
    let (mut open, mut negations, mut most) = (0_usize, 0_usize, 0);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        negations = if c == '!' { negations + 1 } else { 0 };
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open + negations);
    }
    most
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// A result whose parts may be shared, written out; none if there are more values than are left.
fn unfold(variable: &Variable, left: &mut usize) -> Option<Value> {
    *left = left.checked_sub(1)?;
    Some(match variable {
        Variable::Null | Variable::Expref(_) => Value::Null,
        Variable::Bool(value) => Value::Bool(*value),
        Variable::Number(number) => Value::Number(number.clone()),
        Variable::String(text) => Value::String(text.clone()),
        Variable::Array(items) => Value::Array(items.iter().map(|item| unfold(item, left)).collect::<Option<_>>()?),
        Variable::Object(map) => {
            let pairs = map.iter().map(|(name, value)| Some((name.clone(), unfold(value, left)?)));
            Value::Object(pairs.collect::<Option<Map<_, _>>>()?)
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn pick(expression: &str, value: &Value) -> Result<Value, SkillError> {
        Selection::read("select", expression)?.pick("select", value)
    }

    #[test]
    fn both_languages_pick() {
        // The second is of RFC 9535, table 2; the third of jmespath.org's first page.
        let store = json!({"store": {"book": [{"price": 8.95, "author": "a"}, {"price": 12.99, "author": "b"}]}});
        assert_eq!(pick("store.book[].author", &store).unwrap(), json!(["a", "b"]));
        assert_eq!(pick("$.store.book[?@.price < 10].author", &store).unwrap(), json!(["a"]));
        let places = json!({"locations": [{"name": "Seattle", "state": "WA"}, {"name": "New York", "state": "NY"}, {"name": "Olympia", "state": "WA"}]});
        let query = "locations[?state == 'WA'].name | sort(@) | {WashingtonCities: join(', ', @)}";
        assert_eq!(pick(query, &places).unwrap(), json!({"WashingtonCities": "Olympia, Seattle"}));
    }

    #[test]
    fn an_expression_that_doubles_ends_at_a_bound() {
        let doubling = vec!["[@,@]"; 60].join("|");
        assert_eq!(pick(&doubling, &json!(1)).unwrap_err().code, "WEB-013");
        assert_eq!(pick(&"(".repeat(900), &json!(1)).unwrap_err().code, "TASK-003");
        assert_eq!(pick(&format!("{}a", "!".repeat(900)), &json!(1)).unwrap_err().code, "TASK-003");
        // Projections nest in the parser without brackets that stay open.
        for chain in [vec!["a"; 450].join("."), vec!["*"; 490].join("."), format!("a{}", "[*]".repeat(330)), "[]".repeat(490)] {
            assert!(pick(&chain, &json!(1)).unwrap().is_null());
        }
        assert_eq!(pick(&format!("${}", "..*".repeat(300)), &json!([[1]])).unwrap(), json!([]));
    }

    #[test]
    fn a_cursor_is_one_text_or_number() {
        let cursor = |expression: &str, value: Value| Selection::read("f", expression).unwrap().cursor("f", &value);
        assert_eq!(cursor("$.next", json!({"next": "x"})).unwrap().as_deref(), Some("x"));
        assert_eq!(cursor("next", json!({"next": 7})).unwrap().as_deref(), Some("7"));
        for none in [json!({}), json!({"next": null}), json!({"next": ""}), json!({"next": false})] {
            assert_eq!(cursor("next", none.clone()).unwrap(), None);
            assert_eq!(cursor("$.next", none).unwrap(), None);
        }
        assert_eq!(cursor("next", json!({"next": [1]})).unwrap_err().code, "WEB-013");
    }
}
