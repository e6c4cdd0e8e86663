//! Who calls, for handlers; nobody is refused here, before a body is read.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use baton_domain::services::ClientInfo;
use baton_domain::user::{Caller, Permission};

use crate::problem_response::Failure;

/// A caller with a role. What the role allows is judged by the service, as for every other door.
pub(crate) struct SignedIn(pub(crate) Caller);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let caller = parts.extensions.get::<Caller>().cloned().unwrap_or_else(Caller::anonymous);
        // Every role includes reading, so this refuses exactly those without one.
        caller.require(Permission::Read)?;
        Ok(Self(caller))
    }
}

/// Where the request came from.
pub(crate) struct Client(pub(crate) ClientInfo);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get().cloned().unwrap_or_default()))
    }
}
