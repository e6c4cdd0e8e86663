//! Which records does a page hold? One for each element of a scope, with the fields that selectors name.

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::Url;
use baton_domain::problem::Code;
use scraper::{ElementRef, Selector};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::number::number;
use crate::page::{self, Page, Source, absolute, base, parse, selector, text};

/// The most fields of a record.
pub const MAXIMUM_FIELDS: usize = 50;
/// The most records of one page.
pub const MAXIMUM_RECORDS: usize = 10_000;
/// The most values of a field that is a list.
pub const MAXIMUM_VALUES: usize = 1_000;
/// The longest value, in bytes; a longer one is cut.
pub const MAXIMUM_VALUE_BYTES: usize = 32 << 10;
/// How many bytes of records stand in the result; all of them are in its artifact if there are more.
pub const MAXIMUM_INLINE_RECORD_BYTES: usize = 512 << 10;
/// How many bytes of records are gathered at all.
pub const MAXIMUM_RECORD_BYTES: usize = 64 << 20;

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(flatten)]
    source: Source,
    scope: Option<String>,
    fields: Vec<FieldInput>,
    #[serde(default = "thousand")]
    maximum_records: usize,
}

const fn thousand() -> usize {
    1_000
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldInput {
    name: String,
    selector: Option<String>,
    attribute: Option<String>,
    #[serde(default)]
    list: bool,
    #[serde(default, rename = "type")]
    kind: Kind,
    #[serde(default)]
    decimal: Decimal,
    #[serde(default)]
    required: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Text,
    Number,
    Url,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Decimal {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

struct Field {
    given: FieldInput,
    selector: Option<Selector>,
}

struct Found {
    records: Vec<Value>,
    bytes: usize,
    matched: usize,
    skipped: usize,
    unread: usize,
}

/// Extracts records from the page that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let Input { source, scope, fields, maximum_records } = input;
    // Before anything is fetched: a selector that does not read is the input's fault.
    let scope = scope.as_deref().map(|text| selector("scope", text)).transpose()?;
    let fields = fields.into_iter().enumerate().map(|(at, given)| field(at, given)).collect::<Result<Vec<_>, _>>()?;
    if let Some((at, twice)) = fields.iter().enumerate().find(|(at, one)| fields[..*at].iter().any(|two| one.given.name == two.given.name))
    {
        return Err(SkillError::input(&format!("fields[{at}].name"), format!("{:?} is the name of two fields", twice.given.name)));
    }
    let page = page::load(&context, source).await?;
    context.progress(0.5, "reading the page");
    let url = page.url.clone();
    let maximum = maximum_records.min(MAXIMUM_RECORDS);
    let found = context.blocking(move |context| search(context, &page, scope.as_ref(), &fields, maximum)).await?;
    context.info(format!("{} records of {} found", found.records.len(), found.matched), json!({"skipped": found.skipped}));
    let result = describe(&context, found, url).await?;
    context.progress(1.0, "done");
    Ok(result)
}

fn field(at: usize, given: FieldInput) -> Result<Field, SkillError> {
    let selector = given.selector.as_deref().map(|text| selector(&format!("fields[{at}].selector"), text)).transpose()?;
    if given.selector.is_none() && given.attribute.is_none() && given.kind == Kind::Url {
        let advice = "name a selector or an attribute: a text is no address";
        return Err(SkillError::input(&format!("fields[{at}]"), advice));
    }
    Ok(Field { given, selector })
}

fn search(context: &Context, page: &Page, scope: Option<&Selector>, fields: &[Field], maximum: usize) -> Result<Found, SkillError> {
    let _span = context.span("extract");
    let html = parse(context, &page.text)?;
    let base = base(&html, page.url.as_ref());
    let mut found = Found { records: Vec::new(), bytes: 0, matched: 0, skipped: 0, unread: 0 };
    let mut missing = None;
    let whole = [html.root_element()];
    let scopes: Box<dyn Iterator<Item = ElementRef<'_>>> = match scope {
        Some(scope) => Box::new(html.select(scope)),
        None => Box::new(whole.into_iter()),
    };
    for element in scopes {
        context.check()?;
        found.matched += 1;
        if found.records.len() >= maximum || found.bytes > MAXIMUM_RECORD_BYTES {
            continue;
        }
        let mut record = Map::new();
        let mut complete = true;
        for field in fields {
            let value = value(context, element, field, base.as_ref(), &mut found.unread)?;
            if field.given.required && (value.is_null() || value.as_array().is_some_and(Vec::is_empty)) {
                complete = false;
                missing.get_or_insert_with(|| field.given.name.clone());
                break;
            }
            record.insert(field.given.name.clone(), value);
        }
        if complete {
            let record = Value::Object(record);
            found.bytes += record.to_string().len() + 1;
            found.records.push(record);
        } else {
            found.skipped += 1;
        }
    }
    match missing {
        // A page that has changed its markup must not look like one that has nothing to say.
        Some(name) if found.records.is_empty() => Err(SkillError::new(
            Code::ValueMissing,
            format!("fields: none of {} elements has the required field {name:?}; check its selector against the page", found.matched),
        )),
        _ => Ok(found),
    }
}

fn value(context: &Context, scope: ElementRef<'_>, field: &Field, base: Option<&Url>, unread: &mut usize) -> Result<Value, SkillError> {
    let mut of = |element| one(element, &field.given, base, unread);
    let Some(selector) = &field.selector else {
        let value = of(scope);
        return Ok(if field.given.list { json!(value.into_iter().collect::<Vec<_>>()) } else { json!(value) });
    };
    let elements = scope.select(selector);
    if !field.given.list {
        // The first that has a value at all: an empty element before it says nothing.
        for element in elements {
            if let Some(value) = of(element) {
                return Ok(value);
            }
            context.check()?;
        }
        return Ok(Value::Null);
    }
    let mut values = Vec::new();
    for element in elements {
        context.check()?;
        values.extend(of(element));
        if values.len() == MAXIMUM_VALUES {
            break;
        }
    }
    Ok(Value::Array(values))
}

/// The value of one element; none if it is empty or not of the type.
fn one(element: ElementRef<'_>, field: &FieldInput, base: Option<&Url>, unread: &mut usize) -> Option<Value> {
    let mut text = match (&field.attribute, field.kind) {
        (Some(name), _) => element.attr(name)?.trim().to_owned(),
        (None, Kind::Url) => element.attr("href").or_else(|| element.attr("src"))?.trim().to_owned(),
        (None, _) => text(element),
    };
    text.truncate(text.floor_char_boundary(MAXIMUM_VALUE_BYTES));
    if text.is_empty() && field.kind != Kind::Url {
        return None;
    }
    let value = match field.kind {
        Kind::Text => Some(json!(text)),
        Kind::Number => number(&text, if field.decimal == Decimal::Comma { ',' } else { '.' }).map(|number| json!(number)),
        Kind::Url => absolute(base, &text).map(|url| json!(url.as_str())),
    };
    *unread += usize::from(value.is_none());
    value
}

async fn describe(context: &Context, found: Found, url: Option<Url>) -> Result<Value, SkillError> {
    let total = found.records.len();
    let mut result = json!({"count": total, "matched": found.matched, "skipped": found.skipped, "unread": found.unread});
    if let Some(url) = url {
        result["url"] = json!(url.as_str());
    }
    let mut room = MAXIMUM_INLINE_RECORD_BYTES;
    let inline = found.records.iter().take_while(|record| {
        let bytes = record.to_string().len() + 1;
        let fits = bytes <= room;
        room = room.saturating_sub(bytes);
        fits
    });
    let inline = inline.count();
    if inline < total {
        let bytes = serde_json::to_vec(&found.records).map_err(|error| SkillError::internal(error.to_string()))?;
        result["artifact"] = json!(context.store("records.json", "application/json", &bytes).await?);
    }
    result["truncated"] = json!(inline < total);
    result["records"] = found.records.into_iter().take(inline).collect();
    Ok(result)
}
