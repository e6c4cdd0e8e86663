//! How is it tried out that agents claim what is shared, and store versions under their claims?

use std::time::Duration;

use baton_domain::problem::Code;
use baton_domain::wire::claim::{ClaimMode, ClaimRef, WantedClaim};
use baton_domain::wire::conflict::{LinePolicy, PutVersion};
use serde_json::{Value, json};

use crate::{Context, SkillError};

/// How long a claim holds: well over the time between two renewals.
const LEASE: Duration = Duration::from_secs(60);
/// How often one that is held until it is lost is renewed.
const RENEWED: Duration = Duration::from_millis(20);

/// Claims a thing, and stores a version under the claim if the input names a line. What is still held is given back by the host.
pub(super) async fn claim(context: &Context, input: &Value) -> Result<Value, SkillError> {
    let resource = input["resource"].as_str().unwrap_or_default().to_owned();
    let wait = Duration::from_secs(input["seconds"].as_u64().unwrap_or(10));
    let wanted = vec![WantedClaim { resource: resource.clone(), mode: ClaimMode::Exclusive }];
    let claimed = context.claim(wanted, LEASE, wait).await?;
    let fence = claimed.claims.first().and_then(|claim| claim.fence).filter(|_| claimed.complete);
    let fence = fence.ok_or_else(|| SkillError::new(Code::ClaimTimedOut, format!("{resource} did not become free in time")))?;
    context.info("claimed", json!({"fence": fence}));
    if input["until_lost"] == json!(true) {
        let held = || vec![ClaimRef { resource: resource.clone(), fence: Some(fence) }];
        while context.renew(held(), None).await.is_ok() {
            context.check()?;
            tokio::time::sleep(RENEWED).await;
        }
    }
    let Some(line) = input["line"].as_str() else { return Ok(json!({"fence": fence})) };
    let content = input["content"].as_str().unwrap_or_default();
    let artifact = context.store("version.txt", "text/plain", content.as_bytes()).await?;
    let version = PutVersion { artifact, base: input["base"].as_u64(), policy: Some(LinePolicy::Refuse), form: None, fence: Some(fence) };
    let put = context.put_version(line, version).await?;
    Ok(json!({"fence": fence, "put": put}))
}
