//! How is work balanced between agents, and what has the host for it?

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::agent::{InstanceRange, Strategy};
use baton_orchestration::HostOptions;
use baton_orchestration::load_balancer::{BalancerOptions, BreakerOptions, Weights};

/// The balancer's settings.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BalancingConfig {
    /// By what agents are chosen: round_robin, least_loaded, fastest or weighted.
    #[arg(long, env = "BATON_BALANCING", default_value_t = BalancerOptions::default().strategy, value_parser = strategy)]
    pub(crate) balancing: Strategy,
    /// The strategy of single skills, as nlp.sentiment=fastest; several with commas.
    #[arg(long, env = "BATON_BALANCING_FOR", value_delimiter = ',', value_parser = skill_strategy)]
    pub(crate) balancing_for: Vec<(String, Strategy)>,
    /// Between how many instances of an agent this process has, as nlp=1..4; it moves between the two as the agent's queue ages. nlp=2
    /// for always two; several with commas, or the flag again.
    #[arg(long, env = "BATON_INSTANCES", value_name = "AGENT=MIN..MAX", value_delimiter = ',', value_parser = instances)]
    pub(crate) instances: Vec<(String, InstanceRange)>,
    /// What terms of the strategy weighted count, as load=2,cost=0; terms: skill, labels, load, success, p95, cost, fairness, record.
    #[arg(long, env = "BATON_BALANCING_WEIGHTS", value_delimiter = ',', value_parser = weight)]
    pub(crate) balancing_weights: Vec<(String, f64)>,
    /// Failures one after another after which an agent is left alone for a while.
    #[arg(long, env = "BATON_BREAKER_FAILURES", default_value_t = BreakerOptions::default().consecutive_failures, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) breaker_failures: u32,
    /// The percentage of failures among the latest 64 attempts from which an agent is left alone for a while.
    #[arg(long, env = "BATON_BREAKER_PERCENT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) breaker_percent: u32,
    /// Seconds for which an agent that failed too much is left alone at first; each further time twice as long, up to a minute
    /// or this if it is more.
    #[arg(long, env = "BATON_BREAKER_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) breaker_seconds: u64,
    /// Thousandths of a core that attempts may take together; by default all cores that the server may use, divided among
    /// the servers and workers on the same machine.
    #[arg(long, env = "BATON_HOST_CPU_MILLICORES", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) host_cpu_millicores: Option<u32>,
    /// MiB of memory that attempts may take together; by default all memory that the server may use, divided likewise.
    #[arg(long, env = "BATON_HOST_MEMORY_MIB", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) host_memory_mib: Option<u32>,
    /// Models that this host has, for skills that need one; several with commas. By default language: that it can ask some language
    /// model, its own or one behind an address. A host that can ask none is told another word, as none.
    #[arg(long, env = "BATON_HOST_MODELS", value_delimiter = ',')]
    pub(crate) host_models: Vec<String>,
}

impl BalancingConfig {
    /// The balancer's options.
    pub(crate) fn options(&self) -> BalancerOptions {
        let standard = BalancerOptions::default();
        let weights = self.balancing_weights.iter().fold(standard.weights, |weights, (term, weight)| {
            // The parser has let only such through.
            weights.with(term, *weight).unwrap_or(weights)
        });
        let open_for = Duration::from_secs(self.breaker_seconds);
        BalancerOptions {
            strategy: self.balancing,
            per_skill: self.balancing_for.iter().cloned().collect::<BTreeMap<_, _>>(),
            weights,
            breaker: BreakerOptions {
                consecutive_failures: self.breaker_failures,
                failure_rate: f64::from(self.breaker_percent) / 100.0,
                open_for,
                longest: standard.breaker.longest.max(open_for),
                ..standard.breaker
            },
            ..standard
        }
    }

    /// What is said of the host.
    pub(crate) fn host(&self) -> HostOptions {
        let models = if self.host_models.is_empty() { HostOptions::default().models } else { self.host_models.clone() };
        HostOptions { cpu_millicores: self.host_cpu_millicores, memory_mib: self.host_memory_mib, models }
    }

    /// The ranges of instances by agent; of two for the same agent the last holds.
    pub(crate) fn ranges(&self) -> BTreeMap<String, InstanceRange> {
        self.instances.iter().cloned().collect()
    }
}

fn strategy(text: &str) -> Result<Strategy, String> {
    Strategy::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Strategy::ALL.iter().map(|strategy| strategy.as_str()).collect();
        format!("{text:?} is no strategy: expected one of {}", known.join(", "))
    })
}

fn skill_strategy(text: &str) -> Result<(String, Strategy), String> {
    let (skill, name) = text.split_once('=').ok_or_else(|| format!("{text:?}: expected SKILL=STRATEGY, as nlp.sentiment=fastest"))?;
    Ok((skill.to_owned(), strategy(name)?))
}

fn instances(text: &str) -> Result<(String, InstanceRange), String> {
    let expected = || format!("{text:?}: expected AGENT=MIN..MAX, as nlp=1..4");
    let (agent, range) = text.split_once('=').filter(|(agent, _)| !agent.is_empty()).ok_or_else(expected)?;
    let (minimum, maximum) = range.split_once("..").unwrap_or((range, range));
    let number = |digits: &str| digits.parse::<u32>().map_err(|_| expected());
    let range = InstanceRange { minimum: number(minimum)?, maximum: number(maximum)? };
    if range.minimum > range.maximum {
        return Err(format!("{text:?}: the fewest instances are more than the most"));
    }
    if !range.is_valid() {
        return Err(format!("{text:?}: an agent has between 1 and {} instances", InstanceRange::LIMIT));
    }
    Ok((agent.to_owned(), range))
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let (term, number) = text.split_once('=').ok_or_else(|| format!("{text:?}: expected TERM=WEIGHT, as load=2"))?;
    let number = number.parse().map_err(|_| format!("{text:?}: {number:?} is no number"))?;
    Weights::default().with(term, number)?;
    Ok((term.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        balancing: BalancingConfig,
    }

    fn parse(arguments: &[&str]) -> Result<BalancingConfig, String> {
        let arguments = std::iter::once(&"baton").chain(arguments);
        Command::try_parse_from(arguments).map(|command| command.balancing).map_err(|error| error.to_string())
    }

    #[test]
    fn without_settings_it_is_as_it_comes() {
        let config = parse(&[]).unwrap();
        assert_eq!(config.options(), BalancerOptions::default());
        assert_eq!(config.host(), HostOptions::default());
    }

    #[test]
    fn strategies_and_weights_are_taken_by_name() {
        let config = parse(&[
            "--balancing=weighted",
            "--balancing-for=nlp.sentiment=fastest,nlp.keywords=round_robin",
            "--balancing-weights=load=2,cost=0",
            "--breaker-seconds=90",
        ]);
        let options = config.unwrap().options();
        assert_eq!(options.strategy, Strategy::Weighted);
        assert_eq!(options.strategy_of("nlp.sentiment"), Strategy::Fastest);
        assert_eq!(options.strategy_of("nlp.keywords"), Strategy::RoundRobin);
        assert_eq!(options.weights, Weights { load: 2.0, cost: 0.0, ..Weights::default() });
        assert_eq!((options.breaker.open_for, options.breaker.longest), (Duration::from_secs(90), Duration::from_secs(90)));
    }

    #[test]
    fn ranges_of_instances_are_taken_by_agent() {
        let config = parse(&["--instances=nlp=1..4,data-science=2", "--instances", "prompt=1..64"]).unwrap();
        let range = |minimum, maximum| InstanceRange { minimum, maximum };
        let expected = [("data-science", range(2, 2)), ("nlp", range(1, 4)), ("prompt", range(1, 64))];
        assert_eq!(config.ranges(), expected.map(|(agent, range)| (agent.to_owned(), range)).into());
        assert!(parse(&[]).unwrap().ranges().is_empty());
    }

    #[test]
    fn a_host_is_told_its_models_or_can_ask_some() {
        assert_eq!(parse(&["--host-models=large,small"]).unwrap().host().models, ["large", "small"]);
        assert_eq!(parse(&["--host-models=none"]).unwrap().host().models, ["none"]);
        assert_eq!(parse(&[]).unwrap().host().models, ["language"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (wrong, says) in [
            ("--balancing=best", "expected one of round_robin, least_loaded, fastest, weighted"),
            ("--balancing-for=nlp.sentiment", "expected SKILL=STRATEGY"),
            ("--balancing-weights=speed=1", "is no term"),
            ("--balancing-weights=load=-1", "between 0 and"),
            ("--balancing-weights=load=NaN", "between 0 and"),
            ("--balancing-weights=load=much", "is no number"),
            ("--breaker-failures=0", "0"),
            ("--breaker-percent=101", "101"),
            ("--host-cpu-millicores=0", "0"),
            ("--instances=nlp", "expected AGENT=MIN..MAX"),
            ("--instances==1..2", "expected AGENT=MIN..MAX"),
            ("--instances=nlp=many", "expected AGENT=MIN..MAX"),
            ("--instances=nlp=1..", "expected AGENT=MIN..MAX"),
            ("--instances=nlp=4..1", "the fewest instances are more than the most"),
            ("--instances=nlp=0..4", "between 1 and 64 instances"),
            ("--instances=nlp=1..65", "between 1 and 64 instances"),
        ] {
            let error = parse(&[wrong]).map(|_| ()).unwrap_err();
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }
}
