//! Why was a question not answered?

use baton_clients::egress::EgressError;
use baton_domain::problem::Code;

/// Why a question was not answered. The message never holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseError {
    /// The stable code.
    pub code: Code,
    /// What happened and what to do.
    pub message: String,
    /// Whether another attempt could succeed.
    pub passing: bool,
}

impl DatabaseError {
    /// A failure that another attempt would meet again.
    #[must_use]
    pub fn lasting(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), passing: false }
    }

    pub(crate) fn of_egress(error: EgressError) -> Self {
        Self { code: error.code, message: error.message, passing: error.passing }
    }

    pub(crate) fn unreachable(why: impl std::fmt::Display) -> Self {
        let message = format!("the database cannot be reached: {why}. See that it runs, and that its address and TLS mode are right.");
        Self { code: Code::AskedDatabaseUnreachable, message, passing: true }
    }

    pub(crate) fn signed_out(why: impl std::fmt::Display) -> Self {
        let message =
            format!("the database does not let Baton in: {why}. Correct the user, the password or the database of the connection.");
        Self::lasting(Code::AskedDatabaseRefused, message)
    }

    pub(crate) fn forbidden(why: impl std::fmt::Display) -> Self {
        Self::lasting(Code::ForbiddenSql, format!("sql: the statement may only read, and only tables: {why}."))
    }

    pub(crate) fn wrong(why: impl std::fmt::Display) -> Self {
        Self::lasting(Code::WrongSql, format!("sql: {why}."))
    }

    pub(crate) fn late(bounds: std::time::Duration) -> Self {
        let message = format!(
            "sql: the query took more than {} s. Filter first, join on indexed columns, or end its recursion.",
            bounds.as_secs_f32()
        );
        Self::lasting(Code::QueryTooLong, message)
    }

    pub(crate) fn large(bytes: u64) -> Self {
        let message = format!("sql: the database sent more than {} MB. Aggregate, name fewer columns, or add WHERE or LIMIT.", bytes >> 20);
        Self::lasting(Code::QueryTooLarge, message)
    }

    pub(crate) fn canceled() -> Self {
        Self::lasting(Code::Internal, "the attempt was cancelled")
    }
}
