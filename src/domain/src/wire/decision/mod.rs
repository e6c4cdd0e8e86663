//! How decisions between agents and people are asked for and shown.
//!
//! - `new`: the question, who votes, by which rule, until when
//! - `terms`: what a task or a step says of it
//! - `view`: how it stands: voters, what they were asked, what they said, the verdict
//! - `vote`: what people say: votes, answers, later verdicts
//! - `lab`: the same ballots by other rules, and what is known of rules and voters

mod lab;
mod new;
mod terms;
mod view;
mod vote;

pub use lab::{
    DecisionLab, JudgedDecision, LabFilter, MAXIMUM_LAB_DECISIONS, Retallied, RetallyChoice, RuleComparison, RuleStanding, ShareView,
    VoterCalibration, VoterStanding,
};
pub use new::{
    AgentSeat, DecisionAnswers, DecisionEscalation, DecisionMember, DecisionOption, DecisionTask, NewDecision, PersonSeat, ScoreScale,
    StepDecision,
};
pub use terms::DecideTerms;
pub use view::{
    BallotView, ChoiceView, CountView, DecisionDetail, DecisionFilter, DecisionRequestView, DecisionState, DecisionStep, DecisionSummary,
    DecisionVerdict, DissentView, DraftView, JudgeWordView, LaterVerdictView, SpentView, VoterView, YourPart,
};
pub use vote::{BallotEntry, CancelDecision, DecisionVote, LaterVerdict, PersonChoice, PersonVerdict, VoteSays};
