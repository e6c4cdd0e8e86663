//! How measurements are read.

use async_trait::async_trait;

use super::Answer;
use crate::user::Caller;
use crate::wire::metrics::{Overview, Series, SeriesQuery};

/// Shows measurements.
#[async_trait]
pub trait MetricsService: Send + Sync {
    /// Throughput, waiting and running time over time.
    ///
    /// # Errors
    /// `REQUEST-010`.
    async fn series(&self, caller: &Caller, query: SeriesQuery) -> Answer<Series>;

    /// What the overview shows, read in one go.
    ///
    /// # Errors
    /// Only those of the caller's rights and of storage.
    async fn overview(&self, caller: &Caller) -> Answer<Overview>;
}
