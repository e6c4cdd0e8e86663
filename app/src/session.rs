//! Who looks at the page, and how: known to the server before it draws, and handed to the browser with the page.

use baton_domain::user::{Permission, Principal, Role};
use baton_domain::wire::auth::Me;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::flash::Flash;
use crate::json;

/// Light or dark, or whatever the person's system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The cookie that keeps the choice. Scripts write it; it holds no secret.
    pub const COOKIE: &'static str = "baton_theme";

    /// The value of the `data-theme` attribute and of the cookie.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this name; the system's for anything else.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }
}

/// What the server knew of the request when it drew the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Session {
    /// Who is signed in, if anybody.
    pub me: Option<Me>,
    /// The chosen theme.
    pub theme: Theme,
    /// What the page before left to be shown once.
    pub flash: Flash,
}

impl Session {
    /// Whether the person may do this; the services decide, this only hides what they would refuse.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.me.as_ref().is_some_and(|me| me.role.allows(permission))
    }

    /// What people read as the person's name.
    #[must_use]
    pub fn label(&self) -> String {
        self.me.as_ref().map_or_else(String::new, |me| me.principal.label().to_owned())
    }

    /// The person's role.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.me.as_ref().map(|me| me.role)
    }

    /// Whether a person, not a key, is signed in.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.me.as_ref().is_some_and(|me| matches!(me.principal, Principal::User { .. }))
    }
}

/// The session as every component finds it.
#[derive(Debug, Clone, Copy)]
pub struct SessionContext(StoredValue<Session>);

impl SessionContext {
    /// Reads the session from the request, or from the page that it came with.
    pub fn provide() {
        // As text, which the browser reads as it reads all others.
        let text = SharedValue::new_str(read).into_inner();
        provide_context(Self(StoredValue::new(json::read(&text).unwrap_or_default())));
    }
}

/// The session of this page.
#[must_use]
pub fn use_session() -> Session {
    use_context::<SessionContext>().and_then(|context| context.0.try_get_value()).unwrap_or_default()
}

#[cfg(feature = "ssr")]
fn read() -> String {
    use crate::server_fns::serve;

    let caller = serve::caller();
    let session = Session { me: caller.role.map(|role| Me { principal: caller.principal, role }), theme: theme(), flash: Flash::take() };
    serde_json::to_string(&session).unwrap_or_default()
}

/// Only asked for when a page is not taken over from the server, which does not happen.
#[cfg(not(feature = "ssr"))]
fn read() -> String {
    String::new()
}

/// The theme that the request asks for.
#[cfg(feature = "ssr")]
pub(crate) fn theme() -> Theme {
    crate::server_fns::serve::cookie(Theme::COOKIE).map_or(Theme::System, |name| Theme::named(&name))
}
