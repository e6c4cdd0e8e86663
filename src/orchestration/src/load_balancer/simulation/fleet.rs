//! Which fleets are the strategies tried on?

/// How an agent of a simulated fleet behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgentModel {
    /// How many attempts it takes at once.
    pub slots: u32,
    /// The mean of an attempt, in milliseconds.
    pub mean_ms: f64,
    /// The share of attempts that fail.
    pub failing: f64,
    /// Whether its failures come at once, rather than after the time of an attempt.
    pub fails_at_once: bool,
    /// Between which seconds every attempt takes two seconds longer.
    pub stalls: Option<(f64, f64)>,
}

impl AgentModel {
    const GOOD: Self = Self { slots: 4, mean_ms: 20.0, failing: 0.0, fails_at_once: false, stalls: None };
}

/// A fleet and what it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// What it is called in the table.
    pub name: &'static str,
    /// Its agents.
    pub agents: Vec<AgentModel>,
    /// Tasks that arrive in a second, on average.
    pub arrivals: f64,
}

/// The fleets of `docs/load-balancing.md`: ten agents of four slots, at about half of what they could do.
#[must_use]
pub fn fleets() -> Vec<Fleet> {
    let good = AgentModel::GOOD;
    let ten = |bad: &[AgentModel]| {
        let mut agents = vec![good; 10 - bad.len()];
        agents.extend_from_slice(bad);
        agents
    };
    let slow = AgentModel { mean_ms: 200.0, ..good };
    let failing = AgentModel { failing: 0.3, ..good };
    vec![
        Fleet { name: "all alike", agents: ten(&[]), arrivals: 1_000.0 },
        Fleet { name: "one 10× slow, one failing 30 %", agents: ten(&[slow, failing]), arrivals: 1_000.0 },
        Fleet {
            name: "three speeds, 1 : 2 : 4",
            agents: [vec![good; 4], vec![AgentModel { mean_ms: 40.0, ..good }; 3], vec![AgentModel { mean_ms: 80.0, ..good }; 3]].concat(),
            arrivals: 600.0,
        },
        Fleet { name: "one stalls for 5 s", agents: ten(&[AgentModel { stalls: Some((5.0, 10.0)), ..good }]), arrivals: 1_000.0 },
        Fleet {
            name: "one fails all at once",
            agents: ten(&[AgentModel { failing: 1.0, fails_at_once: true, ..good }]),
            arrivals: 1_000.0,
        },
    ]
}
