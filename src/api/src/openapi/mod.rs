//! What the OpenAPI 3.1 document says: the handlers' own words, completed with what all operations share.

mod completion;
mod operations;

use baton_domain::problem::Problem;
use baton_domain::wire::live::{ClientFrame, ServerFrame};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::gateway::Gateway;
use crate::rest;

pub use operations::{OperationInfo, operations};

const DESCRIPTION: &str = "\
Give work to agents and watch it happen. Sign in with `POST /api/v1/auth/login`, or make an API key; send either as \
`Authorization: Bearer …`.\n\n\
Every error is `application/problem+json` with a stable `code`; `/docs/errors/{code}` says what to do about it. Lists \
are cut into pages: give `next_cursor` as `cursor`. A POST that creates takes an `Idempotency-Key`. Instants are \
RFC 3339 in UTC.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Baton", description = DESCRIPTION, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Problem, ServerFrame, ClientFrame)),
    tags(
        (name = "auth", description = "Sign in and out"),
        (name = "tasks", description = "Give work, find it, stop it, repeat it, look inside"),
        (name = "workflows", description = "Documents of work in many steps, in versions"),
        (name = "runs", description = "Workflows as they go on, whatever stops meanwhile"),
        (name = "plans", description = "Goals in plain words, and the workflows that are proposed for them"),
        (name = "approvals", description = "What runs ask people for"),
        (name = "decisions", description = "Put questions to agents and people, vote, and count the ballots again"),
        (name = "limits", description = "How many attempts of a skill or of a fairness key run at the same time"),
        (name = "claims", description = "Who may use what is shared, alone or with others"),
        (name = "conflicts", description = "Versions of shared artifacts, and changes that disagree"),
        (name = "contracts", description = "Work put out to tender, and bargaining over what is shared"),
        (name = "connections", description = "Outside APIs and databases that agents may use"),
        (name = "egress", description = "Where agents may reach out to"),
        (name = "models", description = "Language models, and what may be spent on them"),
        (name = "artifacts", description = "Files that tasks read and write"),
        (name = "agents", description = "Who works"),
        (name = "servers", description = "Where the work runs"),
        (name = "skills", description = "What can be asked for"),
        (name = "events", description = "What happened and what happens"),
        (name = "topics", description = "Publish, subscribe, and deal with what could not be delivered"),
        (name = "notifications", description = "What waits for you, read and unread"),
        (name = "metrics", description = "How much and how fast"),
        (name = "users", description = "Members, for administrators"),
        (name = "api-keys", description = "Keys of machines, for administrators"),
        (name = "health", description = "For supervisors"),
    )
)]
struct Frame;

/// The document, generated from the handlers.
#[must_use]
pub fn openapi() -> OpenApi {
    let base: OpenApiRouter<Gateway> = OpenApiRouter::with_openapi(Frame::openapi());
    let v1 = rest::open().merge(rest::sign_in()).merge(rest::plain()).merge(rest::batch()).merge(rest::unbounded());
    let mut document = base.nest(rest::BASE, v1).into_openapi();
    completion::complete(&mut document);
    document
}
