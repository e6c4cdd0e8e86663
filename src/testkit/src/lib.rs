//! What do Baton's tests share? A clock that is moved by hand, identifiers and chance that a seed decides, and a PostgreSQL and a
//! Redis.

mod postgres;
mod redis;
mod scale;
mod sources;

pub use postgres::PostgresServer;
pub use redis::RedisServer;
pub use scale::{Scale, scale};
pub use sources::{SeededChance, SeededIds, TestClock, test_sources};
