//! Which requests about topics are well-formed? What is not is refused with its field.

use baton_domain::problem::{Code, Problem};
use baton_domain::topic::{MAXIMUM_KEY_BYTES, MAXIMUM_MESSAGE_BYTES, SubscriptionName, TopicName, TopicPattern};
use baton_domain::wire::topic::{MAXIMUM_PULL, MAXIMUM_PULL_WAIT_SECONDS, NewMessage, PullRequest};
use baton_storage::AckId;

/// The longest that a refused message may wait, in milliseconds.
const MAXIMUM_DELAY_MS: u64 = 86_400_000;

pub(super) fn topic(name: &str, field: &str) -> Result<TopicName, Problem> {
    TopicName::parse(name).map_err(|error| error.in_field(field))
}

pub(super) fn pattern(text: &str, field: &str) -> Result<TopicPattern, Problem> {
    TopicPattern::parse(text).map_err(|error| error.in_field(field))
}

pub(super) fn new_subscription_name(text: &str) -> Result<SubscriptionName, Problem> {
    SubscriptionName::parse(text).ok_or_else(|| Problem::invalid_field("/name", "Use 1 to 64 of a-z, 0-9, _ and -."))
}

/// A subscription's name in a path; what cannot name one is answered like one that does not exist.
pub(super) fn subscription(text: &str) -> Result<SubscriptionName, Problem> {
    SubscriptionName::parse(text).ok_or_else(|| no_subscription(text))
}

pub(super) fn no_topic(name: &str) -> Problem {
    Problem::new(Code::NoSuchTopic, format!("There is no topic {name:.200}. Declare it first."))
}

pub(super) fn no_subscription(name: &str) -> Problem {
    Problem::new(Code::NoSuchSubscription, format!("There is no subscription {name:.64}. Make it first."))
}

/// The payload's bytes as JSON text.
pub(super) fn message(message: &NewMessage) -> Result<u64, Problem> {
    if let Some(key) = &message.key
        && !(1..=MAXIMUM_KEY_BYTES).contains(&key.len())
    {
        return Err(Problem::invalid_field("/key", format!("Use 1 to {MAXIMUM_KEY_BYTES} bytes, or leave it out.")));
    }
    let bytes = serde_json::to_vec(&message.payload).map_or(usize::MAX, |text| text.len());
    if bytes > MAXIMUM_MESSAGE_BYTES {
        let detail = format!(
            "The payload has {bytes} bytes; at most {MAXIMUM_MESSAGE_BYTES} are allowed. Store it as an artifact and publish its id."
        );
        return Err(Problem::new(Code::MessageTooLarge, detail).with_field("/payload", "Too large."));
    }
    Ok(bytes as u64)
}

pub(super) fn pull(request: &PullRequest) -> Result<(), Problem> {
    let consumer = request.consumer.chars().count();
    if !(1..=64).contains(&consumer) || request.consumer.chars().any(char::is_control) {
        return Err(Problem::invalid_field("/consumer", "Use 1 to 64 characters that can be read."));
    }
    if !(1..=MAXIMUM_PULL).contains(&request.maximum) {
        return Err(Problem::invalid_field("/maximum", format!("Use 1 to {MAXIMUM_PULL}.")));
    }
    if request.wait_seconds > MAXIMUM_PULL_WAIT_SECONDS {
        return Err(Problem::invalid_field("/wait_seconds", format!("Wait 0 to {MAXIMUM_PULL_WAIT_SECONDS} seconds.")));
    }
    Ok(())
}

pub(super) fn ack_ids(ids: &[String]) -> Result<Vec<AckId>, Problem> {
    if ids.is_empty() || ids.len() > MAXIMUM_PULL as usize {
        return Err(Problem::invalid_field("/ack_ids", format!("Give 1 to {MAXIMUM_PULL}.")));
    }
    let id = |(index, id): (usize, &String)| {
        id.parse().map_err(|_| Problem::invalid_field(format!("/ack_ids/{index}"), "Give the ack_id of a delivery."))
    };
    ids.iter().enumerate().map(id).collect()
}

pub(super) fn delay(delay_ms: Option<u64>) -> Result<(), Problem> {
    match delay_ms {
        Some(delay) if delay > MAXIMUM_DELAY_MS => Err(Problem::invalid_field("/delay_ms", format!("Use 0 to {MAXIMUM_DELAY_MS}."))),
        _ => Ok(()),
    }
}

/// How many rows a query asks for.
pub(super) fn limit(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(baton_domain::page::DEFAULT_LIMIT);
    if (1..=baton_domain::page::MAXIMUM_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    let message = format!("Use 1 to {}.", baton_domain::page::MAXIMUM_LIMIT);
    Err(Problem::new(Code::InvalidQuery, "Correct limit and send the request again.").with_field("limit", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_has_at_most_64_kib() {
        let of = |bytes: usize| NewMessage { payload: json!("x".repeat(bytes)), key: None };
        assert_eq!(message(&of(MAXIMUM_MESSAGE_BYTES - 2)).map_err(|problem| problem.code), Ok(65_536));
        assert_eq!(message(&of(MAXIMUM_MESSAGE_BYTES - 1)).unwrap_err().code, "TOPIC-004");
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        let field = |problem: Result<(), Problem>| problem.unwrap_err().errors[0].field.clone();
        let base = PullRequest::default;
        assert_eq!(pull(&base()), Ok(()));
        assert_eq!(field(pull(&PullRequest { consumer: String::new(), ..base() })), "/consumer");
        assert_eq!(field(pull(&PullRequest { consumer: "a\nb".to_owned(), ..base() })), "/consumer");
        assert_eq!(field(pull(&PullRequest { maximum: 0, ..base() })), "/maximum");
        assert_eq!(field(pull(&PullRequest { maximum: 501, ..base() })), "/maximum");
        assert_eq!(field(pull(&PullRequest { wait_seconds: 31, ..base() })), "/wait_seconds");
        assert_eq!(field(delay(Some(86_400_001))), "/delay_ms");
        assert_eq!(field(ack_ids(&[]).map(drop)), "/ack_ids");
        assert_eq!(field(ack_ids(&["1-1".to_owned(), "x".to_owned()]).map(drop)), "/ack_ids/1");
        assert_eq!(limit(Some(0)).unwrap_err().code, "REQUEST-010");
        assert_eq!(topic("a..b", "topic").unwrap_err().code, "TOPIC-002");
        assert_eq!(subscription("No Such").unwrap_err().code, "TOPIC-005");
    }
}
