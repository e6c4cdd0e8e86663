//! What do Baton's tests share? A clock that is moved by hand, identifiers and chance that a seed decides, a PostgreSQL and a
//! Redis, and a network that misbehaves.

mod certificates;
mod chaos_proxy;
mod postgres;
mod redis;
mod scale;
mod sources;

pub use certificates::Authority;
pub use chaos_proxy::ChaosProxy;
pub use postgres::PostgresServer;
pub use redis::RedisServer;
pub use scale::{Scale, scale};
pub use sources::{SeededChance, SeededIds, TestClock, test_sources};
