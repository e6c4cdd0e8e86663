//! How query strings are read, and how the parameter that does not fit is named.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::task::MAXIMUM_WAIT_SECONDS;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::json::sentence;
use crate::problem_response::Failure;

/// The query's parameters.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        decode(parts.uri.query().unwrap_or_default()).map(Self).map_err(Failure)
    }
}

fn decode<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let message = error.inner().to_string();
        let path = error.path().to_string();
        let quoted = message.split('`').nth(1).map(str::to_owned);
        let field = if path == "." { quoted.unwrap_or_else(|| "query".to_owned()) } else { path };
        wrong_parameter(&field, &sentence(&message))
    })
}

/// A problem with one query parameter.
pub(crate) fn wrong_parameter(name: &str, message: &str) -> Problem {
    Problem::new(Code::InvalidQuery, format!("Correct {name} and send the request again.")).with_field(name, message)
}

/// `?wait=`: how long the answer may take to come, in seconds; fractions are allowed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wait {
    wait: Option<f64>,
}

impl Wait {
    /// The span; absent without the parameter.
    pub(crate) fn span(self) -> Result<Option<Duration>, Problem> {
        let Some(seconds) = self.wait else { return Ok(None) };
        #[expect(clippy::cast_precision_loss, reason = "60")]
        let fits = (0.0..=MAXIMUM_WAIT_SECONDS as f64).contains(&seconds);
        match Duration::try_from_secs_f64(seconds) {
            Ok(span) if fits => Ok(Some(span)),
            _ => Err(wrong_parameter("wait", &format!("Wait 0 to {MAXIMUM_WAIT_SECONDS} seconds."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::wire::metrics::SeriesQuery;
    use baton_domain::wire::trace::LogQuery;

    fn field<T: DeserializeOwned + std::fmt::Debug>(query: &str) -> (String, String) {
        let problem = decode::<T>(query).unwrap_err();
        (problem.code.clone(), problem.errors.first().map(|error| error.field.clone()).unwrap_or_default())
    }

    #[test]
    fn the_parameter_that_does_not_fit_is_named() {
        let wrong = |name: &str| ("REQUEST-010".to_owned(), name.to_owned());
        assert_eq!(field::<LogQuery>("limit=-1"), wrong("limit"));
        assert_eq!(field::<LogQuery>("level=loud"), wrong("level"));
        assert_eq!(field::<LogQuery>("limit=1&limit=2"), wrong("limit"));
        assert_eq!(field::<LogQuery>("colour=red"), wrong("colour"));
        assert_eq!(field::<SeriesQuery>("since=yesterday"), wrong("since"));
        assert!(decode::<LogQuery>("").is_ok());
        let query = decode::<LogQuery>("after=7&level=warn&limit=5").unwrap();
        assert_eq!((query.after, query.limit), (Some(7), Some(5)));
    }

    #[test]
    fn a_wait_is_a_span_of_at_most_a_minute() {
        let span = |query: &str| decode::<Wait>(query).and_then(Wait::span).map_err(|problem| problem.code);
        assert_eq!(span(""), Ok(None));
        assert_eq!(span("wait=0"), Ok(Some(Duration::ZERO)));
        assert_eq!(span("wait=1.5"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(span("wait=60"), Ok(Some(Duration::from_secs(60))));
        for wrong in ["wait=60.01", "wait=-1", "wait=NaN", "wait=inf", "wait=soon", "wait="] {
            assert_eq!(span(wrong), Err("REQUEST-010".to_owned()), "{wrong}");
        }
    }
}
