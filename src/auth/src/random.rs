//! Where do secrets come from? From the operating system, never from the injected sources that tests steer.

use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use rand::TryRngCore;
use rand::rngs::OsRng;

/// Fresh unpredictable bytes.
///
/// # Errors
/// If the operating system has none to give.
pub(crate) fn bytes<const N: usize>() -> Answer<[u8; N]> {
    let mut bytes = [0; N];
    match OsRng.try_fill_bytes(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => {
            tracing::error!(%error, "the operating system gives no random bytes");
            Err(Problem::new(Code::Internal, "The operating system gives no random bytes. The server's log says more."))
        }
    }
}
