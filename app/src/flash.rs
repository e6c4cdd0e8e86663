//! What is handed over to the next page that a browser without scripts is sent to: shown once, then forgotten.

use baton_domain::problem::Problem;
use baton_domain::wire::auth::CreatedApiKey;
use serde::{Deserialize, Serialize};

/// Something to show once. It travels in a short-lived cookie that no script and no other site can read or set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Flash {
    /// Why the form was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// A new key, whose secret cannot be shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_key: Option<CreatedApiKey>,
}

#[cfg(feature = "ssr")]
mod cookie {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::Flash;

    const NAME: &str = "baton_flash";
    /// Browsers drop cookies over 4 KB.
    const LONGEST: usize = 3_800;
    /// The most wrong fields that are carried over; a form rarely has more.
    const MOST_FIELDS: usize = 8;

    impl Flash {
        /// The `Set-Cookie` value that carries this.
        pub(crate) fn cookie(&self, secure: bool) -> String {
            let mut small = self.clone();
            if let Some(problem) = &mut small.problem {
                problem.errors.truncate(MOST_FIELDS);
            }
            let mut text = encoded(&small);
            if text.len() > LONGEST
                && let Some(problem) = &mut small.problem
            {
                problem.errors.clear();
                problem.detail = problem.detail.chars().take(500).collect();
                text = encoded(&small);
            }
            let secure = if secure { "; Secure" } else { "" };
            format!("{NAME}={text}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict{secure}")
        }

        /// Takes what the page before left, so that it is shown once.
        pub(crate) fn take() -> Self {
            let Some(text) = crate::server_fns::serve::cookie(NAME).filter(|text| !text.is_empty()) else { return Self::default() };
            crate::server_fns::serve::set_cookie(&format!("{NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"));
            decoded(&text).unwrap_or_default()
        }
    }

    fn encoded(flash: &Flash) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(flash).unwrap_or_default())
    }

    fn decoded(text: &str) -> Option<Flash> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    #[cfg(test)]
    mod tests {
        use baton_domain::problem::{Code, Problem};

        use super::*;

        #[test]
        fn a_cookie_survives_its_way_and_is_never_too_long() {
            let mut problem = Problem::new(Code::InvalidRequest, "Correct it.");
            let small = Flash { problem: Some(problem.clone()), created_key: None };
            assert_eq!(decoded(&encoded(&small)), Some(small));
            for index in 0..50 {
                problem = problem.with_field(format!("/input/{index}"), "x".repeat(2_000));
            }
            assert!(Flash { problem: Some(problem), created_key: None }.cookie(true).len() < 4_096);
        }
    }
}
