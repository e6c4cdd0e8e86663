//! What do Baton's tests share? A clock that is moved by hand, identifiers and chance that a seed decides, a PostgreSQL, and a
//! network that misbehaves.

mod chaos_proxy;
mod postgres;
mod scale;
mod sources;

pub use chaos_proxy::ChaosProxy;
pub use postgres::PostgresServer;
pub use scale::{Scale, scale};
pub use sources::{SeededChance, SeededIds, TestClock, test_sources};
