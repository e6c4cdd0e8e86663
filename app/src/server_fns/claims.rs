//! What a person does with claims on shared things.

#[cfg(feature = "ssr")]
use baton_domain::wire::claim::{BreakClaim, ClaimRef, ClaimRelease};
use baton_domain::wire::claim::{ClaimCheck, ClaimFilter, ClaimList, ClaimMode, ClaimRenewal, ClaimView, Claimed};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Who holds what, and who waits for what.
///
/// # Errors
/// As [`ClaimService::list`](baton_domain::services::ClaimService::list).
#[server(name = ListClaims, endpoint = "/claims/list", input = Json, output = Json)]
pub async fn list(filter: ClaimFilter) -> Called<ClaimList> {
    serve::answer(serve::services()?.claims.list(&serve::caller(), filter).await)
}

/// Claims one thing for the person, for `minutes`; with `wait_minutes` the request stays in the queue for that long if others have it. Empty, they are
/// as the service says.
///
/// # Errors
/// As [`ClaimService::claim`](baton_domain::services::ClaimService::claim); `REQUEST-002` for minutes that are no whole number, too few or too many.
#[server(name = ClaimThing, endpoint = "/claims/claim", input = PostUrl, output = Json)]
pub async fn claim(
    resource: String,
    mode: ClaimMode,
    #[server(default)] minutes: String,
    #[server(default)] wait_minutes: String,
) -> Called<Claimed> {
    let request = serve::answer(reading::request(&resource, mode, &minutes, &wait_minutes))?;
    let claimed = serve::answer(serve::services()?.claims.claim(&serve::caller(), request, None).await)?;
    serve::go_back();
    Ok(claimed)
}

/// Gives one claim of the person's own back: with its number, or without if it waits.
///
/// # Errors
/// As [`ClaimService::release`](baton_domain::services::ClaimService::release).
#[server(name = ReleaseClaim, endpoint = "/claims/release", input = PostUrl, output = Json)]
pub async fn release(resource: String, #[server(default)] fence: Option<i64>) -> Called<()> {
    let release = ClaimRelease { holder: None, claims: vec![ClaimRef { resource, fence }] };
    serve::answer(serve::services()?.claims.release(&serve::caller(), release).await)?;
    serve::go_back();
    Ok(())
}

/// Breaks a claim of somebody else.
///
/// # Errors
/// As [`ClaimService::break_claim`](baton_domain::services::ClaimService::break_claim).
#[server(name = BreakOneClaim, endpoint = "/claims/break", input = PostUrl, output = Json)]
pub async fn break_claim(resource: String, holder: String, because: String) -> Called<()> {
    let which = BreakClaim { resource, holder, because };
    serve::answer(serve::services()?.claims.break_claim(&serve::caller(), which).await)?;
    serve::go_back();
    Ok(())
}

/// Keeps the person's own claims for longer.
///
/// # Errors
/// As [`ClaimService::renew`](baton_domain::services::ClaimService::renew).
#[server(name = RenewClaims, endpoint = "/claims/renew", input = Json, output = Json)]
pub async fn renew(renewal: ClaimRenewal) -> Called<Vec<ClaimView>> {
    serve::answer(serve::services()?.claims.renew(&serve::caller(), renewal).await)
}

/// Whether a number of a claim still gives access to a thing.
///
/// # Errors
/// As [`ClaimService::check`](baton_domain::services::ClaimService::check).
#[server(name = CheckOneClaim, endpoint = "/claims/check", input = Json, output = Json)]
pub async fn check(check: ClaimCheck) -> Called<ClaimView> {
    serve::answer(serve::services()?.claims.check(&serve::caller(), check).await)
}

#[cfg(feature = "ssr")]
mod reading {
    use std::ops::RangeInclusive;

    use baton_domain::problem::Problem;
    use baton_domain::services::Answer;
    use baton_domain::wire::claim::{ClaimMode, ClaimRequest, DEFAULT_LEASE_MS, WantedClaim};

    const MINUTE_MS: u64 = 60_000;
    /// The longest lease: a day, as the service has it, whose refusal would name a field that the form has not.
    const LEASE: RangeInclusive<u64> = 1..=24 * 60;
    /// The longest wait: thirty days, likewise.
    const WAIT: RangeInclusive<u64> = 0..=30 * 24 * 60;

    /// What the form of the page asks for.
    pub(super) fn request(resource: &str, mode: ClaimMode, minutes: &str, wait_minutes: &str) -> Answer<ClaimRequest> {
        Ok(ClaimRequest {
            wanted: vec![WantedClaim { resource: resource.trim().to_owned(), mode }],
            holder: None,
            lease_ms: span("minutes", minutes, &LEASE)?.unwrap_or(DEFAULT_LEASE_MS),
            wait_ms: span("wait_minutes", wait_minutes, &WAIT)?,
        })
    }

    /// Minutes as milliseconds.
    fn span(field: &str, text: &str, allowed: &RangeInclusive<u64>) -> Answer<Option<u64>> {
        match text.trim() {
            "" => Ok(None),
            text => match text.parse::<u64>() {
                Ok(minutes) if allowed.contains(&minutes) => Ok(Some(minutes * MINUTE_MS)),
                _ => {
                    let (least, most) = (allowed.start(), allowed.end());
                    Err(Problem::invalid_field(field, format!("Use a whole number of minutes, {least} to {most}.")))
                }
            },
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "tests")]

        use super::*;

        #[test]
        fn minutes_are_read_and_left_to_the_service_where_nothing_is_said() {
            let asked = request(" path:x ", ClaimMode::Exclusive, "10", "").unwrap();
            assert_eq!((asked.wanted[0].resource.as_str(), asked.lease_ms, asked.wait_ms), ("path:x", 600_000, None));
            let asked = request("path:x", ClaimMode::Shared, " ", "2").unwrap();
            assert_eq!((asked.wanted[0].mode, asked.lease_ms, asked.wait_ms), (ClaimMode::Shared, DEFAULT_LEASE_MS, Some(120_000)));
            let longest = request("path:x", ClaimMode::Shared, "1440", "43200").unwrap();
            assert_eq!((longest.lease_ms, longest.wait_ms), (86_400_000, Some(2_592_000_000)), "what the service allows");
            assert_eq!(request("path:x", ClaimMode::Shared, "1", "0").unwrap().wait_ms, Some(0));
        }

        #[test]
        fn what_is_no_whole_number_or_out_of_bounds_names_its_field() {
            let field =
                |minutes: &str, wait: &str| request("path:x", ClaimMode::Shared, minutes, wait).unwrap_err().errors[0].field.clone();
            assert_eq!([field("1.5", ""), field("-1", ""), field("", "soon")], ["minutes", "minutes", "wait_minutes"]);
            assert_eq!([field("0", ""), field("1441", ""), field(&u64::MAX.to_string(), "")], ["minutes"; 3]);
            assert_eq!(field("", "43201"), "wait_minutes");
        }
    }
}
