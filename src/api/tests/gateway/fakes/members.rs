//! How sign-in, members and keys answer in tests.

use async_trait::async_trait;
use baton_domain::id::{ApiKeyId, UserId};
use baton_domain::ports::Clock;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, AuthService, Authenticated, ClientInfo, Credential, MemberService};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission, Principal, Role};
use baton_domain::wire::auth::{
    ApiKeyList, ApiKeyView, CreatedApiKey, FirstRun, FirstRunStatus, Login, Me, NewApiKey, NewUser, Secret, Tokens, UserChange, UserList,
    UserView,
};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::samples::{id, member, tokens, user};
use super::{Fake, START};

#[async_trait]
impl AuthService for Fake {
    async fn first_run_status(&self) -> Answer<FirstRunStatus> {
        Ok(FirstRunStatus { needed: true })
    }

    async fn first_run(&self, _client: &ClientInfo, request: FirstRun) -> Answer<Tokens> {
        if request.code.0 == "right" { Ok(tokens("good", Some("good"))) } else { Err(Problem::new(Code::WrongSetupCode, "Look again.")) }
    }

    async fn login(&self, client: &ClientInfo, request: Login) -> Answer<Tokens> {
        self.0.clients.lock().push(client.clone());
        match request.password.0.as_str() {
            "right" => Ok(tokens("good", Some("good"))),
            "locked" => Err(Problem::new(Code::LockedOut, "Wait.").retry_after(60)),
            _ => Err(Problem::new(Code::WrongCredentials, "Try again.")),
        }
    }

    async fn refresh(&self, _client: &ClientInfo, refresh_token: Secret) -> Answer<Tokens> {
        self.0.note(format!("refresh {}", refresh_token.0));
        match refresh_token.0.as_str() {
            "good" => Ok(tokens("fresh", Some("next"))),
            _ => Err(Problem::new(Code::SessionEnded, "Sign in again.")),
        }
    }

    async fn logout(&self, caller: &Caller) -> Answer<()> {
        self.0.allowed(caller, Permission::Read, "logout".into())
    }

    async fn me(&self, caller: &Caller) -> Answer<Me> {
        self.0.allowed(caller, Permission::Read, format!("me {}", caller.request_id.as_deref().unwrap_or("-")))?;
        Ok(Me { principal: caller.principal.clone(), role: caller.role.unwrap() })
    }

    async fn authenticate(&self, client: &ClientInfo, credential: Option<Credential>) -> Answer<Authenticated> {
        self.0.clients.lock().push(client.clone());
        let proven = |caller, renewed| Ok(Authenticated { caller, valid_until: Some(Timestamp::from_millis(START + 900_000)), renewed });
        match credential {
            None => Ok(Authenticated { caller: Caller::anonymous(), valid_until: None, renewed: None }),
            Some(Credential::Bearer(Secret(token))) => match token.as_str() {
                "expired" => Err(Problem::new(Code::TokenExpired, "Renew it.")),
                "key" => {
                    let principal = Principal::ApiKey { id: ApiKeyId::new(id(9)), name: "robot".into() };
                    let caller = Caller { principal, role: Some(Role::Operator), ..Caller::anonymous() };
                    Ok(Authenticated { caller, valid_until: None, renewed: None })
                }
                name => match Role::parse(name) {
                    Some(role) => proven(user(role), None),
                    None => Err(Problem::new(Code::TokenInvalid, "Sign in again.")),
                },
            },
            Some(Credential::Cookies { access, refresh }) => {
                let text = |secret: Option<Secret>| secret.map(|secret| secret.0).unwrap_or_default();
                match (text(access).as_str(), text(refresh).as_str()) {
                    ("good", _) => proven(user(Role::Operator), None),
                    (_, "good") => proven(user(Role::Operator), Some(tokens("fresh", Some("next")))),
                    (_, "grace") => proven(user(Role::Operator), Some(tokens("fresh", None))),
                    (_, "down") => Err(Problem::new(Code::StorageUnavailable, "Try again.")),
                    _ => Err(Problem::new(Code::SessionEnded, "Sign in again.")),
                }
            }
        }
    }

    async fn still_valid(&self, caller: &Caller) -> Answer<Authenticated> {
        self.0.note("still_valid");
        if self.0.storage_down.load(Ordering::SeqCst) {
            return Err(Problem::new(Code::StorageUnavailable, "Try again."));
        }
        if self.0.signed_out.load(Ordering::SeqCst) {
            return Err(Problem::new(Code::SessionEnded, "Sign in again."));
        }
        let role = if self.0.demoted.load(Ordering::SeqCst) { Some(Role::Viewer) } else { caller.role };
        let valid_until = Some(Clock::now(self).plus(Duration::from_secs(900)));
        Ok(Authenticated { caller: Caller { role, ..caller.clone() }, valid_until, renewed: None })
    }
}

#[async_trait]
impl MemberService for Fake {
    async fn users(&self, caller: &Caller) -> Answer<UserList> {
        self.0.allowed(caller, Permission::Administer, "users".into())?;
        Ok(UserList { items: vec![member()] })
    }

    async fn create_user(&self, caller: &Caller, user: NewUser) -> Answer<UserView> {
        self.0.allowed(caller, Permission::Administer, format!("create_user {}", user.email))?;
        Ok(member())
    }

    async fn change_user(&self, caller: &Caller, id: UserId, _change: UserChange) -> Answer<UserView> {
        self.0.allowed(caller, Permission::Administer, format!("change_user {id}"))?;
        Ok(member())
    }

    async fn api_keys(&self, caller: &Caller) -> Answer<ApiKeyList> {
        self.0.allowed(caller, Permission::Administer, "api_keys".into())?;
        Ok(ApiKeyList { items: Vec::new() })
    }

    async fn create_api_key(&self, caller: &Caller, key: NewApiKey) -> Answer<CreatedApiKey> {
        self.0.allowed(caller, Permission::Administer, format!("create_api_key {}", key.name))?;
        let key = ApiKeyView {
            id: ApiKeyId::new(id(9)),
            name: key.name,
            role: key.role,
            created_at: Timestamp::from_millis(START),
            created_by: "admin@example.com".into(),
            last_used_at: None,
        };
        Ok(CreatedApiKey { key, secret: Secret("shown once".into()) })
    }

    async fn revoke_api_key(&self, caller: &Caller, id: ApiKeyId) -> Answer<()> {
        self.0.allowed(caller, Permission::Administer, format!("revoke_api_key {id}"))
    }
}
