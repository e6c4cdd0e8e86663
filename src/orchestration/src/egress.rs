//! Where may agents reach out to? The egress service over the store, and what attempts are told of its rules.
//!
//! An attempt begins with the rules as they are then, and asks again before each exchange, whatever process it runs in: rules that were set
//! meanwhile, on whichever server, hold for it within [`FRESH`].

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::egress::EgressPolicy;
use baton_domain::id::ProjectId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, EgressService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::egress::{BYTES, EgressRules, EgressView, MAXIMUM_HOST, MAXIMUM_HOSTS, REDIRECTS, TIMEOUT_MS};
use baton_domain::wire::task::Failure;
use baton_storage::{SettingsKind, SettingsRecord, StoreError};
use parking_lot::Mutex;
use tokio::time::Instant;
use url::Host;

use crate::attempt::failure;
use crate::engine::Shared;

/// The name of a project's rules among its settings.
const RULES: &str = "rules";
/// How long rules that were read are taken for those that are stored.
const FRESH: Duration = Duration::from_secs(1);
/// How a host of a list is written.
const FORM: &str = "write a host as example.org, or *.example.org for those below it, without scheme and port";

/// The rules as they were last read, so that an attempt that asks much of the outside asks little of the store.
#[derive(Debug, Default)]
pub(crate) struct LastRules(Mutex<HashMap<ProjectId, (Instant, Arc<EgressRules>)>>);

impl LastRules {
    fn fresh(&self, project: ProjectId, now: Instant) -> Option<Arc<EgressRules>> {
        let last = self.0.lock();
        let (read, rules) = last.get(&project)?;
        (now.duration_since(*read) < FRESH).then(|| Arc::clone(rules))
    }

    fn keep(&self, project: ProjectId, rules: &Arc<EgressRules>, now: Instant) {
        let mut last = self.0.lock();
        // Who read for long must not put what is newer aside.
        if last.get(&project).is_none_or(|(read, _)| *read <= now) {
            last.insert(project, (now, Arc::clone(rules)));
        }
    }
}

/// The egress service.
pub(crate) struct Egress {
    pub(crate) shared: Arc<Shared>,
}

async fn stored(shared: &Shared, project: ProjectId) -> Result<Option<SettingsRecord>, StoreError> {
    let all = shared.store.settings(SettingsKind::Egress, project).await?;
    Ok(all.into_iter().find(|record| record.name == RULES))
}

fn read(record: Option<&SettingsRecord>) -> Result<EgressRules, StoreError> {
    let Some(record) = record else { return Ok(EgressRules::default()) };
    serde_json::from_value(record.settings.clone()).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The rules of a project as they are stored now.
async fn rules(shared: &Shared, project: ProjectId) -> Result<Arc<EgressRules>, StoreError> {
    // What is read is at least as new as this.
    let now = Instant::now();
    let rules = Arc::new(read(stored(shared, project).await?.as_ref())?);
    shared.egress.keep(project, &rules, now);
    Ok(rules)
}

/// What an attempt of the project may reach. Rules that cannot be read let nothing out.
pub(crate) async fn policy(shared: &Shared, project: ProjectId) -> Result<EgressPolicy, Failure> {
    let rules = rules(shared, project).await.map_err(|error| unreadable(&error))?;
    Ok(shared.options.egress.clone().narrowed(&rules))
}

/// Why an attempt of the project may not talk to a host, if it may not.
pub(crate) async fn refusal(shared: &Shared, project: ProjectId, host: &str) -> Option<Failure> {
    let known = shared.egress.fresh(project, Instant::now());
    let rules = match known {
        Some(rules) => rules,
        None => match rules(shared, project).await {
            Ok(rules) => rules,
            Err(error) => return Some(unreadable(&error)),
        },
    };
    rules.refusal(host).map(|reason| failure(Code::HostRefused, reason, false))
}

fn unreadable(error: &StoreError) -> Failure {
    failure(Code::StorageUnavailable, format!("the rules of what may be reached cannot be read: {error}"), true)
}

/// A host of a list in the one form in which hosts are compared.
fn host(text: &str) -> Option<String> {
    let text = text.trim();
    let (prefix, name) = text.strip_prefix("*.").map_or(("", text), |name| ("*.", name));
    let name = name.trim_end_matches('.');
    if name.is_empty() || name.len() > MAXIMUM_HOST || name.contains('*') {
        return None;
    }
    if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
        // There is nothing below an address.
        return prefix.is_empty().then(|| address.to_string());
    }
    match Host::parse(name).ok()? {
        Host::Domain(name) if name.len() <= MAXIMUM_HOST => Some(format!("{prefix}{}", name.trim_end_matches('.'))),
        // Other spellings of an address, as 0x7f000001.
        Host::Ipv4(address) if prefix.is_empty() => Some(address.to_string()),
        _ => None,
    }
}

fn hosts(field: &str, list: &[String]) -> Result<Vec<String>, Problem> {
    if list.len() > MAXIMUM_HOSTS {
        return Err(Problem::invalid_field(format!("/{field}"), format!("at most {MAXIMUM_HOSTS} hosts can be named")));
    }
    let mut named = Vec::new();
    for (at, text) in list.iter().enumerate() {
        let Some(host) = host(text) else { return Err(Problem::invalid_field(format!("/{field}/{at}"), FORM)) };
        if !named.contains(&host) {
            named.push(host);
        }
    }
    Ok(named)
}

/// A limit within its bounds, and within what this server was started with.
fn limit<T: PartialOrd + Copy + std::fmt::Display>(
    field: &str,
    wanted: Option<T>,
    (least, most): (T, T),
    started: T,
) -> Result<Option<T>, Problem> {
    let most = if started < most { started } else { most };
    match wanted {
        Some(value) if value < least || value > most => {
            let text = format!("use a number from {least} to {most}, or leave it out; more than the server was started with cannot be set");
            Err(Problem::invalid_field(format!("/{field}"), text))
        }
        wanted => Ok(wanted),
    }
}

/// The rules in their one form, if they keep their bounds.
fn checked(rules: &EgressRules, started: &EgressPolicy) -> Result<EgressRules, Problem> {
    Ok(EgressRules {
        allow: hosts("allow", &rules.allow)?,
        deny: hosts("deny", &rules.deny)?,
        maximum_bytes: limit("maximum_bytes", rules.maximum_bytes, BYTES, started.maximum_bytes)?,
        timeout_ms: limit("timeout_ms", rules.timeout_ms, TIMEOUT_MS, started.timeout_ms)?,
        maximum_redirects: limit("maximum_redirects", rules.maximum_redirects, REDIRECTS, started.maximum_redirects)?,
    })
}

impl Egress {
    fn view(&self, record: Option<SettingsRecord>) -> Answer<EgressView> {
        let rules = read(record.as_ref())?;
        let (updated_at, updated_by) = record.map(|record| (record.updated_at, record.updated_by)).unzip();
        Ok(EgressView { rules, bounds: self.shared.options.egress.bounds(), updated_at, updated_by })
    }

    /// Stores the rules; `None` if somebody else stored the first ones meanwhile.
    async fn store(&self, caller: &Caller, rules: &EgressRules) -> Result<Option<SettingsRecord>, Problem> {
        let store = &self.shared.store;
        let (now, before) = (self.shared.sources.clock.now(), stored(&self.shared, caller.project).await?);
        let record = SettingsRecord {
            kind: SettingsKind::Egress,
            id: before.as_ref().map_or_else(|| self.shared.sources.ids.next(), |record| record.id),
            project: caller.project,
            name: RULES.to_owned(),
            settings: serde_json::to_value(rules).map_err(|error| Problem::new(Code::Internal, error.to_string()))?,
            secret: None,
            created_at: before.as_ref().map_or(now, |record| record.created_at),
            updated_at: now,
            updated_by: caller.principal.label().to_owned(),
        };
        let done = if before.is_some() {
            store.update_settings(record.clone(), caller.principal.clone()).await?
        } else {
            match store.insert_settings(record.clone(), caller.principal.clone()).await {
                Ok(()) => true,
                Err(StoreError::Conflict(_)) => false,
                Err(error) => return Err(error.into()),
            }
        };
        Ok(done.then_some(record))
    }
}

#[async_trait]
impl EgressService for Egress {
    async fn get(&self, caller: &Caller) -> Answer<EgressView> {
        self.shared.gate.require(caller, Permission::Operate, "egress.get")?;
        self.view(stored(&self.shared, caller.project).await?)
    }

    async fn set(&self, caller: &Caller, rules: EgressRules) -> Answer<EgressView> {
        self.shared.gate.require(caller, Permission::Administer, "egress.set")?;
        let rules = checked(&rules, &self.shared.options.egress)?;
        let mut record = self.store(caller, &rules).await?;
        if record.is_none() {
            // The first ones are there now, and can be changed.
            record = self.store(caller, &rules).await?;
        }
        let Some(record) = record else {
            return Err(Problem::new(Code::StorageUnavailable, "The rules were changed by others meanwhile. Try again."));
        };
        self.shared.egress.keep(caller.project, &Arc::new(rules), Instant::now());
        self.view(Some(record))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

    use super::*;

    #[test]
    fn hosts_are_kept_in_the_one_form_in_which_they_are_compared() {
        for (text, kept) in [
            ("example.org", "example.org"),
            (" EXAMPLE.org. ", "example.org"),
            ("*.Example.NET", "*.example.net"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("*.bücher.example", "*.xn--bcher-kva.example"),
            ("10.0.0.7", "10.0.0.7"),
            ("0x7f000001", "127.0.0.1"),
            ("[2606:4700:0::1]", "2606:4700::1"),
            ("2606:4700::1", "2606:4700::1"),
        ] {
            assert_eq!(host(text).as_deref(), Some(kept), "{text}");
        }
        let long = format!("{}.example", "a".repeat(MAXIMUM_HOST));
        for text in [
            "",
            "*",
            "*.",
            "*.*.org",
            "a.*.org",
            "http://example.org",
            "example.org:443",
            "[::1]:80",
            "example.org/a",
            "a b",
            "*.10.0.0.7",
            &long,
        ] {
            assert_eq!(host(text), None, "{text}");
        }
    }

    #[test]
    fn rules_keep_their_bounds_and_those_of_the_server() {
        let started = EgressPolicy { maximum_redirects: 3, ..EgressPolicy::default() };
        let field = |rules: &EgressRules| checked(rules, &started).map_err(|problem| problem.errors[0].field.clone());
        let own = |text: &str| vec![text.to_owned()];
        let none = EgressRules::default();
        for (rules, wrong) in [
            (EgressRules { allow: own("a b"), ..none.clone() }, "/allow/0"),
            (EgressRules { deny: vec!["a.example".to_owned(), "b.example:1".to_owned()], ..none.clone() }, "/deny/1"),
            (EgressRules { deny: vec!["a.example".to_owned(); MAXIMUM_HOSTS + 1], ..none.clone() }, "/deny"),
            (EgressRules { maximum_bytes: Some(BYTES.0 - 1), ..none.clone() }, "/maximum_bytes"),
            (EgressRules { maximum_bytes: Some(started.maximum_bytes + 1), ..none.clone() }, "/maximum_bytes"),
            (EgressRules { timeout_ms: Some(TIMEOUT_MS.0 - 1), ..none.clone() }, "/timeout_ms"),
            (EgressRules { timeout_ms: Some(started.timeout_ms + 1), ..none.clone() }, "/timeout_ms"),
            (EgressRules { maximum_redirects: Some(4), ..none.clone() }, "/maximum_redirects"),
        ] {
            assert_eq!(field(&rules), Err(wrong.to_owned()));
        }
        let kept = EgressRules {
            allow: vec!["a.example".to_owned(); 2],
            maximum_bytes: Some(BYTES.0),
            timeout_ms: Some(TIMEOUT_MS.0),
            maximum_redirects: Some(0),
            ..none
        };
        assert_eq!(field(&kept), Ok(EgressRules { allow: own("a.example"), ..kept.clone() }));
    }

    #[test]
    fn rules_that_were_read_are_taken_for_fresh_a_second_long() {
        let (last, now, project) = (LastRules::default(), Instant::now(), baton_domain::id::DEFAULT_PROJECT);
        assert!(last.fresh(project, now).is_none());
        last.keep(project, &Arc::new(EgressRules::default()), now);
        assert!(last.fresh(project, now + FRESH.mul_f64(0.9)).is_some());
        assert!(last.fresh(project, now + FRESH).is_none());
        let newer = Arc::new(EgressRules { maximum_redirects: Some(1), ..EgressRules::default() });
        last.keep(project, &newer, now + FRESH);
        last.keep(project, &Arc::new(EgressRules::default()), now);
        assert_eq!(last.fresh(project, now + FRESH), Some(newer), "what was read before does not take its place");
    }
}
