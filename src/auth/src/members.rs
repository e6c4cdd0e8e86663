//! What may administrators do with members and API keys? Every change is recorded with who made it, every refusal too.

use async_trait::async_trait;
use baton_domain::id::{ApiKeyId, UserId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, MemberService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::auth::{ApiKeyList, ApiKeyView, CreatedApiKey, NewApiKey, NewUser, UserChange, UserList, UserView};
use baton_storage::{ApiKeyRecord, StoreError, UserRecord};

use crate::audit::action;
use crate::auth::Auth;
use crate::{api_key, email, password_rules};

/// The longest name of a key.
const MAXIMUM_NAME: usize = 100;

#[async_trait]
impl MemberService for Auth {
    async fn users(&self, caller: &Caller) -> Answer<UserList> {
        self.recorded(caller, action::LIST_USERS, None, self.list_users(caller)).await
    }

    async fn create_user(&self, caller: &Caller, user: NewUser) -> Answer<UserView> {
        self.recorded(caller, action::CREATE_USER, None, self.add_user(caller, user)).await
    }

    async fn change_user(&self, caller: &Caller, id: UserId, change: UserChange) -> Answer<UserView> {
        let target = Some(format!("user:{id}"));
        self.recorded(caller, action::CHANGE_USER, target, self.alter_user(caller, id, change)).await
    }

    async fn api_keys(&self, caller: &Caller) -> Answer<ApiKeyList> {
        self.recorded(caller, action::LIST_KEYS, None, self.list_keys(caller)).await
    }

    async fn create_api_key(&self, caller: &Caller, key: NewApiKey) -> Answer<CreatedApiKey> {
        self.recorded(caller, action::CREATE_KEY, None, self.add_key(caller, key)).await
    }

    async fn revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Answer<()> {
        self.recorded(caller, action::REVOKE_KEY, Some(format!("key:{id}")), self.end_key(caller, id)).await
    }
}

impl Auth {
    /// Does it, and records a refusal; what is done is recorded with the change itself.
    async fn recorded<T: Send>(
        &self,
        caller: &Caller,
        action: &str,
        target: Option<String>,
        doing: impl Future<Output = Answer<T>> + Send,
    ) -> Answer<T> {
        let answer = doing.await;
        if let Err(problem) = &answer {
            self.journal.refused_call(caller, action, target, problem).await;
        }
        answer
    }

    async fn list_users(&self, caller: &Caller) -> Answer<UserList> {
        caller.require(Permission::Administer)?;
        Ok(UserList { items: self.store.users().await?.into_iter().map(user_view).collect() })
    }

    async fn add_user(&self, caller: &Caller, new: NewUser) -> Answer<UserView> {
        caller.require(Permission::Administer)?;
        let email = email::normalise(&new.email)?;
        password_rules::check(&new.password.0, &email)?;
        if self.store.user_by_email(&email).await?.is_some() {
            return Err(email_taken());
        }
        let password_hash = self.passwords.turn().await?.hash(new.password).await?;
        let user = UserRecord {
            id: UserId::new(self.sources.ids.next()),
            email,
            password_hash,
            role: new.role,
            active: true,
            created_at: self.sources.clock.now(),
            last_login_at: None,
        };
        let target = Some(format!("user:{}", user.id));
        let row = self.journal.done(caller.principal.clone(), action::CREATE_USER, target, caller);
        match self.store.insert_user(user.clone(), false, row).await {
            Ok(_) => Ok(user_view(user)),
            Err(StoreError::Conflict(_)) => Err(email_taken()),
            Err(error) => Err(error.into()),
        }
    }

    async fn alter_user(&self, caller: &Caller, id: UserId, change: UserChange) -> Answer<UserView> {
        caller.require(Permission::Administer)?;
        let _changing = self.changing_member.lock().await;
        let user = self.store.user(id).await?.ok_or_else(|| Problem::new(Code::NoSuchUser, "List the members to find the right one."))?;
        let (role, active) = (change.role.unwrap_or(user.role), change.active.unwrap_or(user.active));
        if (role, active) == (user.role, user.active) {
            return Ok(user_view(user));
        }
        let row = self.journal.done(caller.principal.clone(), action::CHANGE_USER, Some(format!("user:{id}")), caller);
        let changed = self.store.change_user(id, role, active, self.sources.clock.now(), row).await;
        // Even if it failed: whether it was committed is then not known.
        self.forget_user_everywhere(id).await;
        if changed? {
            Ok(user_view(UserRecord { role, active, ..user }))
        } else {
            let detail = "Make somebody else an administrator first; without one nobody could manage members.";
            Err(Problem::new(Code::LastAdministrator, detail))
        }
    }

    async fn list_keys(&self, caller: &Caller) -> Answer<ApiKeyList> {
        caller.require(Permission::Administer)?;
        Ok(ApiKeyList { items: self.store.api_keys().await?.into_iter().map(key_view).collect() })
    }

    async fn add_key(&self, caller: &Caller, new: NewApiKey) -> Answer<CreatedApiKey> {
        caller.require(Permission::Administer)?;
        let name = new.name.trim();
        if name.is_empty() || name.chars().take(MAXIMUM_NAME + 1).count() > MAXIMUM_NAME {
            return Err(Problem::invalid_field("/name", "must have 1 to 100 characters"));
        }
        if name.chars().any(char::is_control) {
            return Err(Problem::invalid_field("/name", "has a control character in it"));
        }
        let id = ApiKeyId::new(self.sources.ids.next());
        let (secret, secret_hash) = api_key::generate(id)?;
        let key = ApiKeyRecord {
            id,
            name: name.to_owned(),
            role: new.role,
            secret_hash,
            created_at: self.sources.clock.now(),
            created_by: caller.principal.label().to_owned(),
            last_used_at: None,
            revoked_at: None,
        };
        let row = self.journal.done(caller.principal.clone(), action::CREATE_KEY, Some(format!("key:{id}")), caller);
        self.store.insert_api_key(key.clone(), row).await?;
        Ok(CreatedApiKey { key: key_view(key), secret })
    }

    async fn end_key(&self, caller: &Caller, id: ApiKeyId) -> Answer<()> {
        caller.require(Permission::Administer)?;
        let none = || Problem::new(Code::NoSuchApiKey, "It may have been revoked already: list the keys.");
        // Asked first, so that nothing is recorded as done that was not.
        self.store.api_key(id).await?.filter(|key| key.revoked_at.is_none()).ok_or_else(none)?;
        let row = self.journal.done(caller.principal.clone(), action::REVOKE_KEY, Some(format!("key:{id}")), caller);
        let revoked = self.store.revoke_api_key(id, self.sources.clock.now(), row).await?;
        if revoked { Ok(()) } else { Err(none()) }
    }
}

fn email_taken() -> Problem {
    Problem::new(Code::EmailTaken, "Use another address, or change the member who has it.")
}

fn user_view(user: UserRecord) -> UserView {
    UserView {
        id: user.id,
        email: user.email,
        role: user.role,
        active: user.active,
        created_at: user.created_at,
        last_login_at: user.last_login_at,
    }
}

fn key_view(key: ApiKeyRecord) -> ApiKeyView {
    ApiKeyView {
        id: key.id,
        name: key.name,
        role: key.role,
        created_at: key.created_at,
        created_by: key.created_by,
        last_used_at: key.last_used_at,
    }
}
