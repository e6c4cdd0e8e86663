//! What can be seen of a model's settings before it is asked?

use baton_domain::problem::{Code, Problem};
use baton_domain::wire::auth::Secret;
use baton_domain::wire::model::{LOCAL_MODEL, ModelSettings, NewModel};

use crate::settings::{http_address, is_name};

/// The most characters of a model's name, here and at its provider.
const MAXIMUM_NAME: usize = 100;
/// The most bytes of an address.
const MAXIMUM_ADDRESS: usize = 2_000;
/// The most bytes of a key.
const MAXIMUM_KEY: usize = 8_192;
/// The most bytes of a certificate authority.
const MAXIMUM_CA: usize = 65_536;
/// The most calls at the same time.
const MAXIMUM_CONCURRENCY: u32 = 1_000;
/// The most calls in a minute.
const MAXIMUM_PER_MINUTE: u32 = 100_000;
/// The longest that a call may take: half an hour.
const MAXIMUM_TIMEOUT_MS: u64 = 1_800_000;
/// The most tokens of prompt and answer.
const MAXIMUM_CONTEXT: u32 = 10_000_000;
/// The highest price of a million tokens, in millionths: ten thousand.
const MAXIMUM_PRICE: u64 = 10_000_000_000;

pub(super) fn wrong(field: &str, message: impl std::fmt::Display) -> Problem {
    Problem::new(Code::InvalidModel, "Correct the field and send the model again.").with_field(field.to_owned(), message.to_string())
}

/// Refuses settings that could never work. `authority` reads a certificate authority as whoever trusts it does.
pub(super) fn check(model: &NewModel, keeps_key: bool, authority: impl Fn(&str) -> Result<(), String>) -> Result<(), Problem> {
    let NewModel { name, settings, key } = model;
    if !is_name(name, MAXIMUM_NAME) {
        return Err(wrong("/name", format!("use 1 to {MAXIMUM_NAME} letters, digits, dots, dashes and underscores")));
    }
    if name == LOCAL_MODEL {
        return Err(wrong("/name", "this is the name of the model inside the process; choose another"));
    }
    let given = key.as_ref().map(|Secret(text)| text.as_str()).filter(|text| !text.is_empty());
    if given.is_some_and(|text| text.len() > MAXIMUM_KEY || !text.chars().all(|c| c.is_ascii_graphic())) {
        return Err(wrong("/key", format!("a key has at most {MAXIMUM_KEY} bytes, without spaces")));
    }
    let has_key = given.is_some() || (key.is_none() && keeps_key);
    http_address(&settings.base_url, MAXIMUM_ADDRESS, settings.private, has_key).map_err(|message| wrong("/settings/base_url", message))?;
    if settings.model.is_empty() || settings.model.len() > MAXIMUM_NAME * 2 || settings.model.chars().any(char::is_control) {
        return Err(wrong("/settings/model", "write the model's name as its provider has it"));
    }
    check_numbers(settings)?;
    let Some(pem) = &settings.ca_pem else { return Ok(()) };
    if pem.len() > MAXIMUM_CA {
        return Err(wrong("/settings/ca_pem", format!("a certificate authority has at most {MAXIMUM_CA} bytes")));
    }
    authority(pem).map_err(|message| wrong("/settings/ca_pem", message))
}

fn check_numbers(settings: &ModelSettings) -> Result<(), Problem> {
    let within = |field: &str, value: u64, least: u64, most: u64| {
        if (least..=most).contains(&value) {
            Ok(())
        } else {
            Err(wrong(&format!("/settings/{field}"), format!("{value} is not between {least} and {most}")))
        }
    };
    within("context_tokens", settings.context_tokens.into(), 256, MAXIMUM_CONTEXT.into())?;
    within("concurrency", settings.concurrency.into(), 1, MAXIMUM_CONCURRENCY.into())?;
    within("per_minute", settings.per_minute.into(), 1, MAXIMUM_PER_MINUTE.into())?;
    within("timeout_ms", settings.timeout_ms, 100, MAXIMUM_TIMEOUT_MS)?;
    within("rank", settings.rank.into(), 0, 1_000_000)?;
    within("prompt_micros_per_million", settings.prompt_micros_per_million, 0, MAXIMUM_PRICE)?;
    within("completion_micros_per_million", settings.completion_micros_per_million, 0, MAXIMUM_PRICE)
}
