//! What does the service hold, and what may the server ask of it at start?

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use baton_domain::id::UserId;
use baton_domain::ports::{SharedCache, Sources};
use baton_domain::services::{Answer, ClientInfo};
use baton_domain::user::{Principal, Role};
use baton_domain::wire::auth::Secret;
use baton_storage::{Store, UserRecord};
use tokio::sync::Mutex;

use crate::audit::{Journal, action};
use crate::email;
use crate::lockout::Lockout;
use crate::options::AuthOptions;
use crate::password::{Cost, Passwords};
use crate::password_rules;
use crate::session_cache::SessionCache;
use crate::setup_code::SetupCode;
use crate::successors::Successors;
use crate::token::AccessTokens;
use crate::token_key::TokenKey;

/// How long an ended session is kept, so that the record of what it did can still be matched with it.
const KEEP_ENDED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Sign-in, sessions, members and keys. Share it in an [`Arc`]; both services are this one value.
#[derive(Debug)]
pub struct Auth {
    pub(crate) options: AuthOptions,
    pub(crate) store: Stored,
    pub(crate) sources: Sources,
    pub(crate) access_tokens: AccessTokens,
    pub(crate) passwords: Passwords,
    pub(crate) lockout: Lockout,
    pub(crate) sessions: SessionCache,
    pub(crate) shared: Shared,
    pub(crate) successors: Successors,
    pub(crate) journal: Journal,
    pub(crate) code: SetupCode,
    /// Held while a member changes: a change is read, decided and written, and two must not mix.
    pub(crate) changing_member: Mutex<()>,
}

/// The store, without a `Debug` form.
pub(crate) struct Stored(Arc<dyn Store>);

impl std::ops::Deref for Stored {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// What servers tell one another of sessions that have ended, where there are several.
#[derive(Default)]
pub(crate) struct Shared(pub(crate) OnceLock<Arc<dyn SharedCache>>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared({})", self.0.get().is_some())
    }
}

impl Auth {
    /// Tells other servers, and hears from them, at once when a session ends. Without it they see it in storage within two
    /// seconds, which stays the truth in any case. The first that is handed over stays.
    pub fn share(&self, cache: Arc<dyn SharedCache>) {
        // A second time changes nothing.
        let _ = self.shared.0.set(cache);
    }

    pub(crate) fn new(options: AuthOptions, store: Arc<dyn Store>, sources: Sources, key: &TokenKey, cost: Cost) -> Answer<Self> {
        let clock = &sources.clock;
        Ok(Self {
            access_tokens: AccessTokens::new(key, options.issuer.clone(), options.audience.clone(), options.access_ttl, sources.clone())?,
            passwords: Passwords::new(cost)?,
            lockout: Lockout::new(Arc::clone(clock)),
            sessions: SessionCache::new(Arc::clone(clock)),
            shared: Shared::default(),
            successors: Successors::new(Arc::clone(clock), options.grace),
            journal: Journal::new(Arc::clone(&store), sources.clone()),
            code: SetupCode::generate()?,
            changing_member: Mutex::new(()),
            options,
            store: Stored(store),
            sources,
        })
    }

    /// The one-time code with which the first administrator is created, while there is no user. It is new at every start;
    /// print it where only the owner looks.
    ///
    /// # Errors
    /// Only those of storage.
    pub async fn setup_code(&self) -> Answer<Option<String>> {
        Ok((!self.store.has_users().await?).then(|| self.code.text()))
    }

    /// Creates the first administrator from the configuration. Gives `false`, and changes nothing, if there is a user.
    ///
    /// # Errors
    /// `REQUEST-002` if the address or the password is refused.
    pub async fn create_first_admin(&self, email: &str, password: &Secret) -> Answer<bool> {
        if self.store.has_users().await? {
            return Ok(false);
        }
        let email = email::normalise(email)?;
        password_rules::check(&password.0, &email)?;
        let made = self.insert_first_admin(email, password.clone(), &ClientInfo::default(), Principal::System).await?;
        Ok(made.is_some())
    }

    /// Forgets sessions that ended more than 30 days ago; gives how many rows went. For the server's clean-up.
    ///
    /// # Errors
    /// Only those of storage.
    pub async fn forget_ended_sessions(&self) -> Answer<u64> {
        Ok(self.store.forget_sessions(self.sources.clock.now().minus(KEEP_ENDED)).await?)
    }

    /// Adds the first administrator; `None` if somebody else was faster. `by` is who asked.
    pub(crate) async fn insert_first_admin(
        &self,
        email: String,
        password: Secret,
        client: &ClientInfo,
        by: Principal,
    ) -> Answer<Option<UserRecord>> {
        let password_hash = self.passwords.turn().await?.hash(password).await?;
        let user = UserRecord {
            id: UserId::new(self.sources.ids.next()),
            email,
            password_hash,
            role: Role::Admin,
            active: true,
            created_at: self.sources.clock.now(),
            last_login_at: None,
        };
        let row = self.journal.done(by, action::FIRST_RUN, Some(format!("user:{}", user.id)), client);
        let added = self.store.insert_user(user.clone(), true, row).await?;
        Ok(added.then_some(user))
    }
}
