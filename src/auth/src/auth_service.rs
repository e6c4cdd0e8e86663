//! Where the domain's [`AuthService`] meets its parts.

use async_trait::async_trait;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, AuthService, Authenticated, ClientInfo, Credential};
use baton_domain::user::Caller;
use baton_domain::wire::auth::{FirstRun, FirstRunStatus, Login, Me, Secret, Tokens};

use crate::audit::action;
use crate::auth::Auth;

#[async_trait]
impl AuthService for Auth {
    async fn first_run_status(&self) -> Answer<FirstRunStatus> {
        Ok(FirstRunStatus { needed: !self.store.has_users().await? })
    }

    async fn first_run(&self, client: &ClientInfo, request: FirstRun) -> Answer<Tokens> {
        self.begin_installation(client, request).await
    }

    async fn login(&self, client: &ClientInfo, request: Login) -> Answer<Tokens> {
        self.sign_in(client, request).await
    }

    async fn refresh(&self, client: &ClientInfo, refresh_token: Secret) -> Answer<Tokens> {
        Ok(self.exchange(client, &refresh_token, None).await?.tokens)
    }

    async fn logout(&self, caller: &Caller) -> Answer<()> {
        let Some(session) = caller.session else { return Err(no_session()) };
        let target = Some(format!("session:{session}"));
        let row = self.journal.done(caller.principal.clone(), action::LOGOUT, target, caller);
        self.end_session(session, row).await
    }

    async fn me(&self, caller: &Caller) -> Answer<Me> {
        match caller.role {
            Some(role) => Ok(Me { principal: caller.principal.clone(), role }),
            None => Err(Problem::new(Code::NotSignedIn, "Sign in, or send an access token or an API key.")),
        }
    }

    async fn authenticate(&self, client: &ClientInfo, credential: Option<Credential>) -> Answer<Authenticated> {
        self.prove(client, credential).await
    }

    async fn still_valid(&self, caller: &Caller) -> Answer<Authenticated> {
        self.prove_again(caller).await
    }
}

fn no_session() -> Problem {
    Problem::new(Code::NotSignedIn, "There is no session to end. An API key ends when an administrator revokes it.")
}
