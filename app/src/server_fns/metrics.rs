//! How the dashboard reads measurements.

use baton_domain::wire::metrics::{Overview, Series, SeriesQuery};
use leptos::prelude::server;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Throughput, waiting and running time over time.
///
/// # Errors
/// As [`MetricsService::series`](baton_domain::services::MetricsService::series).
#[server(name = ReadSeries, endpoint = "/metrics/series", input = Json, output = Json)]
pub async fn series(query: SeriesQuery) -> Called<Series> {
    serve::answer(serve::services()?.metrics.series(&serve::caller(), query).await)
}

/// What the overview shows, read in one go.
///
/// # Errors
/// As [`MetricsService::overview`](baton_domain::services::MetricsService::overview).
#[server(name = ReadOverview, endpoint = "/metrics/overview", input = Json, output = Json)]
pub async fn overview() -> Called<Overview> {
    serve::answer(serve::services()?.metrics.overview(&serve::caller()).await)
}
