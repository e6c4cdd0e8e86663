//! How does a person sign in, the very first one included?

use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ClientInfo};
use baton_domain::user::Principal;
use baton_domain::wire::auth::{FirstRun, Login, Tokens};

use crate::audit::action;
use crate::auth::Auth;
use crate::lockout::{Attempt, Locked};
use crate::{email, password_rules};

impl Auth {
    /// Signs a person in. Whether there is no such account, it is switched off or the password is wrong looks the same,
    /// and takes the same time.
    pub(crate) async fn sign_in(&self, client: &ClientInfo, request: Login) -> Answer<Tokens> {
        let email = email::normalise(&request.email).ok();
        let attempt = Attempt::sign_in(email.as_deref(), client.address);
        // Before the queue, so that whoever must wait does not take others' places in it; and again with the turn in
        // hand, so that many tries at once count as many.
        self.refuse_locked(client, &attempt, action::LOGIN).await?;
        let turn = self.passwords.turn().await?;
        self.refuse_locked(client, &attempt, action::LOGIN).await?;

        let user = match &email {
            Some(email) => self.store.user_by_email(email).await?,
            None => None,
        };
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let (fits, turn) = turn.verify(request.password, stored).await?;
        let accepted = user.as_ref().filter(|user| fits && user.active);
        match accepted {
            Some(_) => self.lockout.succeeded(&attempt),
            None => self.lockout.failed(&attempt),
        }
        // The next one in the queue sees this result.
        drop(turn);

        match accepted {
            Some(user) => self.begin_session(user, client, action::LOGIN).await,
            None => {
                let problem = Problem::new(Code::WrongCredentials, "Check the address and the password.");
                // Only a known account is named: people also type passwords into the wrong field.
                let target = user.map(|user| format!("user:{}", user.id));
                self.journal.refused_sign_in(client, action::LOGIN, target, &problem).await;
                Err(problem)
            }
        }
    }

    /// Creates the first administrator for whoever has the one-time code, and signs them in.
    pub(crate) async fn begin_installation(&self, client: &ClientInfo, request: FirstRun) -> Answer<Tokens> {
        let attempt = Attempt::setup(client.address);
        self.refuse_locked(client, &attempt, action::FIRST_RUN).await?;
        if self.store.has_users().await? {
            return Err(self.installed_already(client).await);
        }
        // Nothing is awaited between this look and the count, so that tries at once count as many.
        self.refuse_locked_now(&attempt)?;
        if !self.code.fits(&request.code) {
            self.lockout.failed(&attempt);
            let problem = Problem::new(Code::WrongSetupCode, "Copy the code that the server printed when it last started.");
            self.journal.refused_sign_in(client, action::FIRST_RUN, None, &problem).await;
            return Err(problem);
        }
        self.lockout.succeeded(&attempt);
        let email = check_both(&request)?;
        match self.insert_first_admin(email, request.password, client, Principal::Anonymous).await? {
            Some(user) => self.begin_session(&user, client, action::LOGIN).await,
            None => Err(self.installed_already(client).await),
        }
    }

    async fn installed_already(&self, client: &ClientInfo) -> Problem {
        let problem = Problem::new(Code::SetupDone, "Sign in, or ask an administrator for an account.");
        self.journal.refused_stranger(client, action::FIRST_RUN, &problem).await;
        problem
    }

    async fn refuse_locked(&self, client: &ClientInfo, attempt: &Attempt, action: &str) -> Answer<()> {
        match self.lockout.check(attempt) {
            Ok(()) => Ok(()),
            Err(locked) => {
                let problem = must_wait(locked);
                if locked.is_first {
                    self.journal.refused_sign_in(client, action, None, &problem).await;
                }
                Err(problem)
            }
        }
    }

    fn refuse_locked_now(&self, attempt: &Attempt) -> Answer<()> {
        self.lockout.check(attempt).map_err(must_wait)
    }
}

fn must_wait(locked: Locked) -> Problem {
    let seconds = locked.retry_after;
    let wait = match seconds {
        1 => "a second".to_owned(),
        2..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3600)),
    };
    Problem::new(Code::LockedOut, format!("Try again in {wait}.")).retry_after(seconds)
}

/// The normalised address, if it and the password are accepted; otherwise all that is wrong at once.
fn check_both(request: &FirstRun) -> Answer<String> {
    let email = email::normalise(&request.email);
    let password = password_rules::check(&request.password.0, email.as_deref().unwrap_or_default());
    match (email, password) {
        (Ok(email), Ok(())) => Ok(email),
        (Err(problem), Ok(())) | (Ok(_), Err(problem)) => Err(problem),
        (Err(one), Err(other)) => Err(Problem::invalid(one.errors.into_iter().chain(other.errors).collect())),
    }
}
