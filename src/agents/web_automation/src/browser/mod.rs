//! What does a page look like once its scripts have run? A real browser says, which has no way out but the guarded client (ADR 34).

mod contracts;
mod devtools;
mod events;
mod install;
mod memory;
mod picture;
mod process;
mod render;
mod visit;

use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::EgressClient;
use serde_json::Value;

pub use contracts::{RENDER, SCREENSHOT};
pub(crate) use contracts::{render as render_skill, screenshot as screenshot_skill};
pub use events::{MAXIMUM_EVENTS, MAXIMUM_NAVIGATIONS, MAXIMUM_REQUESTS};
pub use install::{BROWSER_PLACES, browser_program};
pub use picture::{MAXIMUM_PICTURE_BYTES, MAXIMUM_PIXELS, MAXIMUM_SIDE};
pub use process::{MAXIMUM_BROWSER_MEMORY_BYTES, MAXIMUM_PROFILE_BYTES};
pub use render::{MAXIMUM_HTML_BYTES, MAXIMUM_RENDERED_INLINE_BYTES};
pub use visit::{MAXIMUM_PAGE_TRAFFIC_BYTES, MAXIMUM_WAIT_SECONDS};

/// Performs one of the two skills through a client of one's own; tests bring one whose network they play.
///
/// # Errors
/// `WEB-040` to `WEB-046`, and those of the guarded client for the page's own address.
pub async fn browse(context: Context, client: EgressClient, skill: &str, input: Value) -> Result<Value, SkillError> {
    // The futures hold a whole visit.
    match skill {
        RENDER => Box::pin(render::perform(context, client, input)).await,
        SCREENSHOT => Box::pin(picture::perform(context, client, input)).await,
        other => Err(SkillError::internal(format!("{other} needs no browser"))),
    }
}
