//! What a person does about where agents may reach out to.

#[cfg(feature = "ssr")]
use baton_domain::problem::Problem;
#[cfg(feature = "ssr")]
use baton_domain::wire::egress::EgressRules;
use baton_domain::wire::egress::EgressView;
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// The rules, and what the server was started with.
///
/// # Errors
/// As [`EgressService::get`](baton_domain::services::EgressService::get).
#[server(name = GetEgress, endpoint = "/egress/get", input = Json, output = Json)]
pub async fn get() -> Called<EgressView> {
    serve::answer(serve::services()?.egress.get(&serve::caller()).await)
}

/// Hosts as a form writes them, apart by commas, spaces or lines.
#[cfg(feature = "ssr")]
fn hosts(text: &str) -> Vec<String> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|host| !host.is_empty()).map(str::to_owned).collect()
}

/// A number as a form writes it; nothing is no limit.
#[cfg(feature = "ssr")]
fn number<T: std::str::FromStr>(field: &'static str, text: &str) -> Called<Option<T>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = text
        .parse()
        .map_err(|_| Problem::invalid_field(format!("/{field}"), "write a whole number, or nothing for no limit of its own"))?;
    Ok(Some(read))
}

/// Sets the rules as a whole; an empty field is no rule.
///
/// # Errors
/// As [`EgressService::set`](baton_domain::services::EgressService::set).
#[server(name = SetEgress, endpoint = "/egress/set", input = PostUrl, output = Json)]
pub async fn set(allow: String, deny: String, maximum_bytes: String, timeout_ms: String, maximum_redirects: String) -> Called<EgressView> {
    let rules = EgressRules {
        allow: hosts(&allow),
        deny: hosts(&deny),
        maximum_bytes: number("maximum_bytes", &maximum_bytes)?,
        timeout_ms: number("timeout_ms", &timeout_ms)?,
        maximum_redirects: number("maximum_redirects", &maximum_redirects)?,
    };
    let set = serve::answer(serve::services()?.egress.set(&serve::caller(), rules).await)?;
    serve::go_back();
    Ok(set)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_form_writes_hosts_and_numbers_as_people_do() {
        assert_eq!(hosts(" a.example,*.b.example\r\nc.example  d.example,"), ["a.example", "*.b.example", "c.example", "d.example"]);
        assert!(hosts(" \n").is_empty());
        assert_eq!(number::<u64>("n", " 7 ").unwrap(), Some(7));
        assert_eq!(number::<u64>("n", "").unwrap(), None);
        assert!(number::<u32>("n", "-1").is_err() && number::<u32>("n", "many").is_err());
    }
}
