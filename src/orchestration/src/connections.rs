//! How are connections shown, made and changed, and how does an attempt get one? The connection service over the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::connection::{AuthKind, ConnectionGrant, ConnectionKind};
use baton_domain::id::{ConnectionId, ProjectId};
use baton_domain::ports::Sealer;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ConnectionService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::auth::Secret;
use baton_domain::wire::connection::{
    ConnectionSettings, ConnectionView, MAXIMUM_ADDRESS, MAXIMUM_CONNECTIONS, MAXIMUM_NAME, MAXIMUM_SECRET, MAXIMUM_SKILLS, NewConnection,
};
use baton_domain::wire::task::Failure;
use baton_storage::{SettingsKind, SettingsRecord};
use url::Url;

use crate::attempt::failure;
use crate::engine::Shared;
use crate::settings::{http_address, is_name, next_secret, place, same_origin, taken};

/// The connection service.
pub(crate) struct Connections {
    pub(crate) shared: Arc<Shared>,
    pub(crate) sealer: Arc<dyn Sealer>,
}

fn view(record: SettingsRecord) -> Result<ConnectionView, Problem> {
    let settings = serde_json::from_value(record.settings)
        .map_err(|error| Problem::new(Code::Internal, format!("The connection {} does not read back: {error}.", record.name)))?;
    Ok(ConnectionView {
        id: ConnectionId::new(record.id),
        name: record.name,
        settings,
        has_secret: record.secret.is_some(),
        created_at: record.created_at,
        updated_at: record.updated_at,
        updated_by: record.updated_by,
    })
}

fn wrong(field: &str, message: impl std::fmt::Display) -> Problem {
    let detail = "Correct the field and send the connection again.";
    Problem::new(Code::InvalidConnection, detail).with_field(field.to_owned(), message.to_string())
}

/// Looks at everything that can be seen of a connection before it is used.
fn check(connection: &NewConnection, keeps_secret: bool) -> Result<(), Problem> {
    let NewConnection { name, settings, secret } = connection;
    if !is_name(name, MAXIMUM_NAME) {
        return Err(wrong("/name", format!("use 1 to {MAXIMUM_NAME} letters, digits, dots, dashes and underscores")));
    }
    let given = secret.as_ref().map(|Secret(text)| text.as_str()).filter(|text| !text.is_empty());
    if given.is_some_and(|text| text.len() > MAXIMUM_SECRET || text.chars().any(char::is_control)) {
        return Err(wrong("/secret", format!("a secret has at most {MAXIMUM_SECRET} bytes and no control characters")));
    }
    let has_secret = given.is_some() || (secret.is_none() && keeps_secret);
    check_address(settings, has_secret).map_err(|message| wrong("/settings/base_url", message))?;
    match (settings.auth, has_secret) {
        (AuthKind::None, true) => return Err(wrong("/settings/auth", "there is a secret; say how it proves who Baton is")),
        (AuthKind::None, false) | (_, true) => {}
        (_, false) => return Err(wrong("/secret", "this kind of proof needs a secret")),
    }
    if settings.auth == AuthKind::Basic && settings.kind == ConnectionKind::Http && given.is_some_and(|text| !text.contains(':')) {
        return Err(wrong("/secret", "write user and password as user:password"));
    }
    let needs_name = matches!(settings.auth, AuthKind::Header | AuthKind::Query);
    match &settings.auth_name {
        Some(name) if needs_name && is_name(name, 100) => {}
        None if !needs_name => {}
        _ if needs_name => return Err(wrong("/settings/auth_name", "name the header or the query parameter, as X-Api-Key")),
        _ => return Err(wrong("/settings/auth_name", "only header and query have a name; leave it out")),
    }
    if settings.kind != ConnectionKind::Http && !matches!(settings.auth, AuthKind::None | AuthKind::Basic) {
        return Err(wrong("/settings/auth", "a database takes none, or basic with its password as the secret"));
    }
    if settings.allowed_skills.len() > MAXIMUM_SKILLS {
        return Err(wrong("/settings/allowed_skills", format!("at most {MAXIMUM_SKILLS} skills can be named")));
    }
    for (index, skill) in settings.allowed_skills.iter().enumerate() {
        if !is_name(skill.strip_suffix(".*").unwrap_or(skill), 100) {
            return Err(wrong(
                &format!("/settings/allowed_skills/{index}"),
                "write a skill as web_automation.api_call, or a family as web_automation.*",
            ));
        }
    }
    Ok(())
}

fn check_address(settings: &ConnectionSettings, has_secret: bool) -> Result<(), String> {
    let scheme = |wanted: &[&str]| {
        if settings.base_url.len() > MAXIMUM_ADDRESS {
            return Err(format!("the address has at most {MAXIMUM_ADDRESS} bytes"));
        }
        let url = Url::parse(&settings.base_url).map_err(|error| format!("this is no address ({error})"))?;
        if !wanted.contains(&url.scheme()) {
            return Err(format!("write the address as {}://user@host/database", wanted[0]));
        }
        if url.password().is_some() {
            return Err("the address must not hold a password; give it as the secret".to_owned());
        }
        if url.host_str().is_none_or(str::is_empty) { Err("the address names no host".to_owned()) } else { Ok(()) }
    };
    match settings.kind {
        ConnectionKind::Http => http_address(&settings.base_url, MAXIMUM_ADDRESS, settings.private, has_secret).map(drop),
        ConnectionKind::Postgres => scheme(&["postgres", "postgresql"]),
        ConnectionKind::Mysql => scheme(&["mysql"]),
        ConnectionKind::Sqlite if !settings.private => {
            Err("a file on the server's host is as private as its network: an administrator can allow it with `private`".to_owned())
        }
        ConnectionKind::Sqlite => {
            let path = std::path::Path::new(&settings.base_url);
            let plain = path.is_absolute() && settings.base_url.len() <= MAXIMUM_ADDRESS && !settings.base_url.contains('\0');
            if plain { Ok(()) } else { Err("write the whole path of the file, as /srv/data/shop.db".to_owned()) }
        }
    }
}

impl Connections {
    async fn stored(&self, project: ProjectId, id: ConnectionId) -> Result<SettingsRecord, Problem> {
        let all = self.shared.store.settings(SettingsKind::Connection, project).await?;
        let found = all.into_iter().find(|record| record.id == *id.as_uuid());
        found.ok_or_else(|| Problem::new(Code::NoSuchConnection, "There is no such connection; it may have been removed."))
    }

    /// A new or changed connection as it is stored.
    fn record(&self, caller: &Caller, connection: NewConnection, stored: Option<&SettingsRecord>) -> Result<SettingsRecord, Problem> {
        let before: Option<ConnectionSettings> = stored.and_then(|stored| serde_json::from_value(stored.settings.clone()).ok());
        let same = before
            .is_some_and(|before| before.kind == connection.settings.kind && same_origin(&before.base_url, &connection.settings.base_url));
        check(&connection, stored.is_some_and(|stored| stored.secret.is_some()))?;
        let now = self.shared.sources.clock.now();
        let mut record = SettingsRecord {
            kind: SettingsKind::Connection,
            id: stored.map_or_else(|| self.shared.sources.ids.next(), |stored| stored.id),
            project: caller.project,
            name: connection.name,
            settings: serde_json::to_value(&connection.settings).map_err(|error| Problem::new(Code::Internal, error.to_string()))?,
            secret: None,
            created_at: stored.map_or(now, |stored| stored.created_at),
            updated_at: now,
            updated_by: caller.principal.label().to_owned(),
        };
        let refused = |message: &str| wrong("/secret", message);
        record.secret = next_secret(self.sealer.as_ref(), &place(&record), connection.secret.as_ref(), stored, same, refused)?;
        Ok(record)
    }
}

fn name_taken(name: &str) -> Problem {
    Problem::new(Code::ConnectionNameTaken, format!("The project has a connection {name:?}. Choose another name, or change that one."))
        .with_field("/name", "taken")
}

#[async_trait]
impl ConnectionService for Connections {
    async fn list(&self, caller: &Caller) -> Answer<Vec<ConnectionView>> {
        self.shared.gate.require(caller, Permission::Read, "connection.list")?;
        let records = self.shared.store.settings(SettingsKind::Connection, caller.project).await?;
        records.into_iter().map(view).collect()
    }

    async fn get(&self, caller: &Caller, id: ConnectionId) -> Answer<ConnectionView> {
        self.shared.gate.require(caller, Permission::Read, "connection.get")?;
        view(self.stored(caller.project, id).await?)
    }

    async fn create(&self, caller: &Caller, connection: NewConnection) -> Answer<ConnectionView> {
        self.shared.gate.require(caller, Permission::Administer, "connection.create")?;
        if self.shared.store.settings(SettingsKind::Connection, caller.project).await?.len() >= MAXIMUM_CONNECTIONS {
            return Err(wrong("/name", format!("a project has at most {MAXIMUM_CONNECTIONS} connections; remove one")));
        }
        let record = self.record(caller, connection, None)?;
        let inserted = self.shared.store.insert_settings(record.clone(), caller.principal.clone()).await;
        inserted.map_err(|error| taken(error, name_taken(&record.name)))?;
        view(record)
    }

    async fn update(&self, caller: &Caller, id: ConnectionId, connection: NewConnection) -> Answer<ConnectionView> {
        self.shared.gate.require(caller, Permission::Administer, "connection.update")?;
        let stored = self.stored(caller.project, id).await?;
        let record = self.record(caller, connection, Some(&stored))?;
        let updated = self.shared.store.update_settings(record.clone(), caller.principal.clone()).await;
        if !updated.map_err(|error| taken(error, name_taken(&record.name)))? {
            return Err(Problem::new(Code::NoSuchConnection, "The connection was removed meanwhile."));
        }
        view(record)
    }

    async fn remove(&self, caller: &Caller, id: ConnectionId) -> Answer<()> {
        self.shared.gate.require(caller, Permission::Administer, "connection.remove")?;
        self.stored(caller.project, id).await?;
        let now = self.shared.sources.clock.now();
        let removed = self.shared.store.remove_settings(SettingsKind::Connection, *id.as_uuid(), caller.principal.clone(), now).await?;
        if removed { Ok(()) } else { Err(Problem::new(Code::NoSuchConnection, "The connection was removed meanwhile.")) }
    }
}

/// The connections that an input names, with their secrets, for an attempt of this skill.
pub(crate) async fn grants(
    shared: &Shared,
    project: ProjectId,
    skill: &str,
    names: &[(String, &str)],
) -> Result<BTreeMap<String, ConnectionGrant>, Failure> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let unavailable = |error: baton_storage::StoreError| failure(Code::StorageUnavailable, error.to_string(), true);
    let stored = shared.store.settings(SettingsKind::Connection, project).await.map_err(unavailable)?;
    let mut granted = BTreeMap::new();
    for (place_in_input, name) in names {
        let unknown =
            || failure(Code::NoSuchConnection, format!("{place_in_input}: there is no connection {name:?} in the project."), false);
        let record = stored.iter().find(|record| record.name == *name).ok_or_else(unknown)?;
        let settings: ConnectionSettings = serde_json::from_value(record.settings.clone())
            .map_err(|error| failure(Code::Internal, format!("the connection {name} does not read back: {error}"), false))?;
        if !settings.allows(skill) {
            let text = format!("{place_in_input}: the connection {name:?} does not name {skill} among its allowed skills.");
            return Err(failure(Code::ConnectionForbidden, text, false));
        }
        let secret = match (&record.secret, shared.sealer.get()) {
            (None, _) => None,
            (Some(sealed), Some(sealer)) => Some(sealer.open(&place(record), sealed).map_err(|error| {
                failure(
                    Code::InvalidConnection,
                    format!("the secret of the connection {name:?} cannot be used: {error}. Give it again."),
                    false,
                )
            })?),
            (Some(_), None) => return Err(failure(Code::InvalidConnection, "this server has no key for secrets", false)),
        };
        let ConnectionSettings { kind, base_url, auth, auth_name, private, .. } = settings;
        granted.insert((*name).to_owned(), ConnectionGrant { name: (*name).to_owned(), kind, base_url, auth, auth_name, secret, private });
    }
    Ok(granted)
}
