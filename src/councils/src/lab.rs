//! What would other rules have made of stored ballots, and which rules and voters agreed with people later? Nobody is asked again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_decisions::decision::{DecisionRule, TieBreaker};
use baton_decisions::lab::{BallotBox, Calibration, Judged, Prior, Record, Retally, Share, compare, routing, score_rules, score_voters};
use baton_decisions::protocol::{By, Proceedings};
use baton_domain::id::{AgentId, DecisionId, EventSeq, ProjectId};
use baton_domain::ports::{AgentRecords, Records, SkillRecords};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::wire::decision::{
    DecisionLab, DecisionSummary, DecisionTask, JudgedDecision, LabFilter, MAXIMUM_LAB_DECISIONS, Retallied, RetallyChoice, RuleComparison,
    RuleStanding, ShareView, VoterCalibration, VoterStanding,
};
use baton_storage::{JournalHead, JournalKind, JournalQuery, StoreError};
use baton_voting::Threshold;
use parking_lot::Mutex;

use crate::Councils;
use crate::council::Council;
use crate::request::wrong;
use crate::view::{self, count};

/// Heads of one reading.
const PAGE: u32 = 500;
/// The most decisions that are looked through for judged ones, the newest.
const MAXIMUM_SCANNED: usize = 5_000;
/// How much cost matters when agents are chosen for their records.
const THRIFT: f64 = 0.1;
/// How long what was made of judged decisions for choosing agents is given again without a look.
const FRESH: Duration = Duration::from_secs(15);
/// The Brier score of who always says one half, and how many answers weigh as much as that belief about who says nothing.
const UNSURE: (f64, f64) = (0.25, 10.0);

/// A judged decision, as the lab takes it in.
pub(crate) struct Case {
    judged: Judged,
    skill: Option<String>,
    summary: DecisionSummary,
    right: Option<String>,
    names: BTreeMap<String, String>,
}

/// Judged decisions in memory, by the version they were read at.
#[derive(Default)]
pub(crate) struct JudgedCache(Mutex<HashMap<DecisionId, (i64, Arc<Case>)>>);

/// What is known of agents, by project, and when it was read.
#[derive(Default)]
pub(crate) struct RecordsCache(Mutex<HashMap<ProjectId, (Timestamp, Arc<AgentRecords>)>>);

/// What the record of an agent says of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub(crate) score: f64,
    pub(crate) accuracy: Option<f64>,
    pub(crate) calibration: Calibration,
}

fn rule_named(name: &str) -> Result<DecisionRule, Problem> {
    let rule = DecisionRule::ALL.iter().copied().find(|rule| rule.as_str() == name);
    rule.ok_or_else(|| wrong(Code::RuleUnfit, "/rule", "There is no such rule."))
}

fn counting(rule: DecisionRule) -> Result<DecisionRule, Problem> {
    if BallotBox::rules().any(|other| other == rule) {
        return Ok(rule);
    }
    let rules: Vec<&str> = BallotBox::rules().map(DecisionRule::as_str).collect();
    Err(wrong(Code::RuleUnfit, "/rule", format!("`{rule}` counts no ballots: use {}.", rules.join(", "))))
}

fn shown(retally: Retally, keys: &[String], differs: bool) -> RuleComparison {
    RuleComparison {
        rule: retally.rule.as_str().to_owned(),
        key: retally.key,
        order: retally.order,
        points: keys.iter().cloned().zip(retally.points).collect(),
        margin: retally.margin,
        counted: count(retally.counted),
        abstained: count(retally.abstained),
        missed: retally.missed,
        complete: retally.complete,
        differs,
    }
}

/// The ballots of a decision by the rule and terms that are chosen, and by every rule.
///
/// # Errors
/// For a rule, a threshold or a tie-break that there is not.
pub(crate) fn retallied(proceedings: &Proceedings, choice: &RetallyChoice) -> Answer<Retallied> {
    let ballots = proceedings.ballot_box();
    let own = ballots.own();
    let rule = match &choice.rule {
        Some(name) => counting(rule_named(name)?)?,
        None => own,
    };
    let mut chosen = ballots.clone();
    if let Some(threshold) = choice.threshold {
        if Threshold::supermajority(threshold).is_none() {
            return Err(wrong(Code::WrongThreshold, "/threshold", "A threshold is a share of the votes, above 0.5 and at most 1."));
        }
        chosen.threshold = Some(threshold);
        if rule != own {
            // A threshold belongs to the box's own rule.
            chosen.rule = rule;
        }
    }
    if let Some(quorum) = choice.quorum {
        chosen.quorum = quorum as usize;
    }
    if let Some(names) = &choice.tie_break {
        let breaker = |(place, name): (usize, &String)| {
            let found = TieBreaker::ALL.iter().copied().find(|breaker| breaker.as_str() == name);
            found.ok_or_else(|| wrong(Code::RuleUnfit, format!("/tie_break/{place}"), "Nothing breaks ties under this name."))
        };
        chosen.tie_break = names.iter().enumerate().map(breaker).collect::<Result<_, _>>()?;
    }
    let comparison = compare(&ballots);
    let decided = ballots.retally(own).key;
    let retally = chosen.retally(rule);
    let differs = retally.key != decided;
    let disagrees = comparison.disagrees();
    let names = |rules: Vec<DecisionRule>| rules.into_iter().map(|rule| rule.as_str().to_owned()).collect();
    Ok(Retallied {
        own: own.as_str().to_owned(),
        chosen: shown(retally, &ballots.keys, differs),
        rules: comparison.rules.into_iter().map(|one| shown(one.retally, &ballots.keys, one.differs)).collect(),
        winners: comparison.winners.into_iter().map(|(key, rules)| (key, names(rules))).collect(),
        disagrees,
        pivotal: comparison.pivotal.map(|voters| voters.iter().map(ToString::to_string).collect()),
    })
}

fn share(share: Share) -> ShareView {
    ShareView { count: share.count, of: share.of, share: share.share, low: share.low, high: share.high }
}

/// The verdict of a person: what they found right later, or what they decided when it was escalated to them.
fn right_key(council: &Council) -> Option<Option<String>> {
    if let Some(later) = council.later() {
        return Some(later.key);
    }
    let conclusion = council.proceedings.conclusion.as_ref()?;
    (conclusion.by == Some(By::Person)).then(|| conclusion.key.clone())
}

fn case(council: &Council) -> Option<Case> {
    let right = right_key(council)?;
    let cast = &council.beginning.cast;
    let agents = cast.agents.iter().map(|(id, agent)| (format!("agent:{id}"), agent.name.clone()));
    let people = cast.people.iter().map(|(id, email)| (format!("user:{id}"), email.clone()));
    Some(Case {
        // A key that was not voted on makes every answer wrong.
        judged: Judged { ballots: council.proceedings.ballot_box(), right: right.clone().unwrap_or_default() },
        skill: council.beginning.request.task.as_ref().map(|task| task.skill.clone()),
        summary: council.summary(),
        right,
        names: agents.chain(people).collect(),
    })
}

fn is_judged(head: &JournalHead) -> bool {
    let has = |name: &str| head.summary.get(name).is_some_and(|value| !value.is_null());
    let by_person = head.summary.pointer("/verdict/by").and_then(|by| by.as_str()) == Some("person");
    !head.live && (has("later") || by_person)
}

impl Councils {
    /// Judged decisions of a project that pass, the newest first, at most [`MAXIMUM_LAB_DECISIONS`]; whether there were more.
    async fn cases(&self, project: ProjectId, filter: &LabFilter) -> Result<(Vec<Arc<Case>>, bool, EventSeq), StoreError> {
        let mut query = JournalQuery {
            project,
            kind: JournalKind::Decision,
            name: None,
            state: None,
            live: Some(false),
            parent: None,
            before: None,
            limit: PAGE,
        };
        let mut cases: Vec<Arc<Case>> = Vec::new();
        let (mut scanned, mut as_of) = (0, None);
        loop {
            let page = self.parts.journals.journals(&query).await?;
            let as_of = *as_of.get_or_insert(page.as_of);
            query.before = page.items.last().map(|head| head.id);
            scanned += page.items.len();
            let full = page.items.len() >= PAGE as usize;
            for head in page.items.iter().filter(|head| is_judged(head)) {
                let Some(case) = self.case(head).await? else { continue };
                let opened = case.summary.opened_at;
                let passes = filter.skill.as_ref().is_none_or(|skill| case.skill.as_ref() == Some(skill))
                    && filter.rule.as_ref().is_none_or(|rule| case.summary.rule == *rule)
                    && filter.from.is_none_or(|from| opened >= from)
                    && filter.before.is_none_or(|before| opened < before);
                if passes {
                    if cases.len() >= MAXIMUM_LAB_DECISIONS as usize {
                        return Ok((cases, true, as_of));
                    }
                    cases.push(case);
                }
            }
            if !full || scanned >= MAXIMUM_SCANNED {
                return Ok((cases, full, as_of));
            }
        }
    }

    async fn case(&self, head: &JournalHead) -> Result<Option<Arc<Case>>, StoreError> {
        let id = DecisionId::new(*head.id.as_uuid());
        let found = self.judged.0.lock().get(&id).filter(|(version, _)| *version == head.version).map(|(_, case)| Arc::clone(case));
        if found.is_some() {
            return Ok(found);
        }
        let Some((council, _)) = self.council(id).await? else { return Ok(None) };
        let Some(case) = case(&council).map(Arc::new) else { return Ok(None) };
        let mut cache = self.judged.0.lock();
        if cache.len() >= MAXIMUM_LAB_DECISIONS as usize {
            cache.clear();
        }
        cache.insert(id, (council.head.version, Arc::clone(&case)));
        Ok(Some(case))
    }

    /// What is known of agents that ran a skill, or answered questions, in the decisions that people judged.
    pub(crate) async fn records(&self, project: ProjectId, task: Option<&DecisionTask>) -> Result<Vec<(AgentId, Standing)>, StoreError> {
        let (cases, _, _) = self.cases(project, &LabFilter::default()).await?;
        let skill = task.map(|task| task.skill.as_str());
        let judged: Vec<Judged> = cases.iter().filter(|case| case.skill.as_deref() == skill).map(|case| case.judged.clone()).collect();
        let records = score_voters(&judged);
        let prior = Prior::pooled(records.values());
        let usual = usual_cost(records.values());
        let of = |(voter, record): (&String, &Record)| {
            let agent = voter.strip_prefix("agent:")?.parse().ok()?;
            let accuracy = (record.answers > 0).then(|| record.accuracy(prior));
            let score = routing(record, prior, usual, THRIFT).score;
            Some((agent, Standing { score, accuracy, calibration: record.calibration() }))
        };
        Ok(records.iter().filter_map(of).collect())
    }

    /// What is known of agents at each skill, for whoever chooses among them.
    async fn routed(&self, project: ProjectId) -> Result<AgentRecords, StoreError> {
        let (cases, _, _) = self.cases(project, &LabFilter::default()).await?;
        let mut by_skill: BTreeMap<&str, Vec<Judged>> = BTreeMap::new();
        for case in &cases {
            if let Some(skill) = &case.skill {
                by_skill.entry(skill).or_default().push(case.judged.clone());
            }
        }
        Ok(AgentRecords(by_skill.into_iter().map(|(skill, judged)| (skill.to_owned(), routes(&score_voters(&judged)))).collect()))
    }

    /// The lab's page.
    pub(crate) async fn lab_of(&self, project: ProjectId, filter: &LabFilter) -> Answer<DecisionLab> {
        if let Some(rule) = &filter.rule {
            rule_named(rule)?;
        }
        let (cases, more, as_of) = self.cases(project, filter).await?;
        let judged: Vec<Judged> = cases.iter().map(|case| case.judged.clone()).collect();
        let rules = score_rules(&judged)
            .into_iter()
            .map(|score| RuleStanding { rule: score.rule.as_str().to_owned(), right: share(score.right), decided: share(score.decided) })
            .collect();
        let mut by_skill: BTreeMap<Option<String>, Vec<Judged>> = BTreeMap::new();
        let mut names: BTreeMap<&String, &String> = BTreeMap::new();
        for case in cases.iter().rev() {
            by_skill.entry(case.skill.clone()).or_default().push(case.judged.clone());
            names.extend(&case.names);
        }
        let mut voters = Vec::new();
        for (skill, judged) in by_skill {
            let records = score_voters(&judged);
            let prior = Prior::pooled(records.values());
            let mut of_skill: Vec<VoterStanding> = records
                .iter()
                .map(|(voter, record)| {
                    let name = names.get(voter).map_or_else(|| voter.clone(), |name| (*name).clone());
                    standing(voter, name, skill.clone(), record, prior)
                })
                .collect();
            of_skill.sort_by(|one, other| other.accuracy.total_cmp(&one.accuracy).then_with(|| one.name.cmp(&other.name)));
            voters.extend(of_skill);
        }
        Ok(DecisionLab {
            judged: judged.len() as u64,
            more,
            rules,
            voters,
            decisions: cases.iter().map(|case| judged_view(case)).collect(),
            as_of,
        })
    }
}

/// What an answer costs on the average of all who gave any.
fn usual_cost<'a>(records: impl Iterator<Item = &'a Record>) -> f64 {
    let (answers, cost) = records.fold((0, 0.0), |(answers, cost), record| (answers + record.answers, cost + record.spent.cost()));
    if answers > 0 { cost / answers as f64 } else { 0.0 }
}

/// How good each agent is, in one number from 0 to 1: its quality against its cost, less by how wrong its confidences were.
fn routes(records: &BTreeMap<String, Record>) -> SkillRecords {
    let (prior, usual) = (Prior::pooled(records.values()), usual_cost(records.values()));
    let worth = |record: &Record| {
        let (believed, strength) = UNSURE;
        let (score, answers) = record.brier().map_or((0.0, 0.0), |brier| (brier.score, brier.answers as f64));
        let brier = (score * answers + believed * strength) / (answers + strength);
        routing(record, prior, usual, THRIFT).score * (1.0 - brier)
    };
    let agents = records.iter().filter_map(|(voter, record)| Some((voter.strip_prefix("agent:")?.parse().ok()?, worth(record))));
    SkillRecords { usual: worth(&Record::default()), agents: agents.collect() }
}

#[async_trait]
impl Records for Councils {
    async fn of_agents(&self, project: ProjectId) -> Answer<Arc<AgentRecords>> {
        let now = self.parts.sources.clock.now();
        let known = self.routes.0.lock().get(&project).filter(|(at, _)| now.since(*at) < FRESH).map(|(_, known)| Arc::clone(known));
        if let Some(known) = known {
            return Ok(known);
        }
        let known = Arc::new(self.routed(project).await?);
        self.routes.0.lock().insert(project, (now, Arc::clone(&known)));
        Ok(known)
    }
}

fn judged_view(case: &Case) -> JudgedDecision {
    let rules = BallotBox::rules().filter(|rule| {
        let key = case.judged.ballots.retally(*rule).key;
        key.is_some() && key == case.right
    });
    JudgedDecision {
        id: case.summary.id,
        question: case.summary.question.clone(),
        rule: case.summary.rule.clone(),
        key: case.summary.verdict.as_ref().and_then(|verdict| verdict.key.clone()),
        right: case.right.clone(),
        right_rules: rules.map(|rule| rule.as_str().to_owned()).collect(),
        opened_at: case.summary.opened_at,
    }
}

fn standing(voter: &str, name: String, skill: Option<String>, record: &Record, prior: Prior) -> VoterStanding {
    let brier = record.brier();
    let tenths = record.bins.len().max(1) as f64;
    let bins = record.bins.iter().enumerate().filter(|(_, bin)| bin.count > 0);
    VoterStanding {
        voter: voter.to_owned(),
        name,
        agent_id: voter.strip_prefix("agent:").and_then(|id| id.parse().ok()),
        user_id: voter.strip_prefix("user:").and_then(|id| id.parse().ok()),
        skill,
        right: share(Share::new(record.right, record.answers)),
        accuracy: record.accuracy(prior),
        brier: brier.map(|brier| brier.score),
        calibration_error: brier.map(|brier| brier.calibration_error),
        calibration: bins
            .map(|(place, bin)| VoterCalibration {
                from: place as f64 / tenths,
                count: bin.count,
                // Confidences are summed in ten-thousandths.
                confidence: bin.confidence as f64 / 10_000.0 / bin.count as f64,
                right: bin.right as f64 / bin.count as f64,
            })
            .collect(),
        spent: view::spent(record.spent),
    }
}
