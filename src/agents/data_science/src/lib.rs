//! How Baton describes tables: the data science agent and its skills.
//!
//! A table is read twice from disk. The first pass finds what is wrong with it and which type each column has, the
//! second keeps the values of the typed columns. So memory holds numbers and distinct texts, never the file.

mod anomalies;
mod chart;
mod chart_skill;
mod correlation;
mod describe;
mod distribution;
mod double_double;
mod forecast;
mod inference;
mod learn;
mod least_squares;
mod limits;
mod notes;
mod numbers;
mod outliers;
mod profile;
mod query;
mod random;
mod read;
mod skills;
mod special;
mod svg;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use anomalies::contract::ANOMALIES;
pub use chart_skill::contract::CHART;
pub use forecast::contract::FORECAST;
pub use inference::contract::TEST;
pub use learn::contract::TRAIN;
pub use learn::predict_contract::PREDICT;
pub use learn::{
    MAXIMUM_CLASSES, MAXIMUM_CLUSTERS, MAXIMUM_COEFFICIENTS, MAXIMUM_ENCODED_CELLS, MAXIMUM_FEATURES, MAXIMUM_LEVELS, MAXIMUM_MODEL_BYTES,
    MAXIMUM_PREDICTED_CELLS, MAXIMUM_TREES, MAXIMUM_WIDTH,
};
pub use limits::{MAXIMUM_BYTES, MAXIMUM_CELLS, MAXIMUM_COLUMNS, MAXIMUM_ROWS, MAXIMUM_TEXT_BYTES};
pub use query::contract::QUERY;
pub use skills::PROFILE;

/// Describes tables; needs no model and no network.
#[derive(Debug, Clone, Copy)]
pub struct DataScience {
    /// How many attempts it takes at once.
    pub slots: u32,
}

impl Default for DataScience {
    fn default() -> Self {
        Self { slots: 2 }
    }
}

#[async_trait]
impl Agent for DataScience {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "data-science".to_owned(),
            title: "Data science".to_owned(),
            description:
                "Describes tables, asks them in SQL, tests hypotheses about them, trains models that predict, forecasts series and finds what is unusual, with charts."
                    .to_owned(),
            family: Family::DataScience,
            skills: skills::all(),
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::up_to(4),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            CHART => chart_skill::perform(context, input).await,
            PROFILE => profile::perform(context, input).await,
            ANOMALIES => anomalies::perform(context, input).await,
            FORECAST => forecast::perform(context, input).await,
            PREDICT => learn::predict(context, input).await,
            QUERY => query::perform(context, input).await,
            TEST => inference::perform(context, input).await,
            TRAIN => learn::train(context, input).await,
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
