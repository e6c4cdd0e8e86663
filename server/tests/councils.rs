//! Do agents that are asked in words debate, judge, group answers and write one out of many? On the real server, with a model whose answers the test gives.

use std::time::{Duration, Instant};

use crate::harness::cluster::Rest;
use crate::harness::model_api::{Asked, ModelApi};
use crate::harness::{PATIENCE, Server, data_folder};
use baton_domain::wire::decision::{DecisionDetail, DecisionState};
use serde_json::{Value, json};

/// A question to the model, with what it is about.
struct Question {
    asked: Asked,
    data: Value,
}

impl Question {
    /// The next one.
    async fn next(model: &mut ModelApi) -> Self {
        let asked = model.asked().await;
        let messages = asked.body["messages"].as_array().unwrap();
        let user = messages.iter().find(|message| message["role"] == "user").unwrap_or_else(|| panic!("{}", asked.body));
        let data = serde_json::from_str(user["content"].as_str().unwrap()).unwrap_or_else(|error| panic!("{error}: {user}"));
        Self { asked, data }
    }

    /// Which of its answers the agent is asked for.
    fn voter(&self) -> usize {
        let attempt = self.data["attempt"].as_str().unwrap_or_else(|| panic!("{}", self.data));
        attempt.split_once(' ').unwrap().0.parse().unwrap()
    }

    /// The answers that it shows, in its order.
    fn answers(&self) -> Vec<&str> {
        let answers = self.data["answers"].as_array().unwrap_or_else(|| panic!("{}", self.data));
        answers.iter().map(|entry| entry["answer"].as_str().unwrap()).collect()
    }

    /// The label under which an answer stands in it.
    fn label(&self, answer: &str) -> Value {
        let answers = self.data["answers"].as_array().unwrap_or_else(|| panic!("{}", self.data));
        let entry = answers.iter().find(|entry| entry["answer"] == answer);
        entry.unwrap_or_else(|| panic!("no {answer}: {}", self.data))["label"].clone()
    }

    fn answer(self, said: &Value) {
        self.asked.answer(&said.to_string());
    }

    /// Votes for an answer.
    fn vote(self, answer: &str) {
        let said = json!({"argument": format!("{answer} is better."), "choice": self.label(answer), "confidence": 0.8});
        self.answer(&said);
    }

    /// Finds an answer the best, as a judge.
    fn prefer(self, answer: &str) {
        let said = json!({"argument": "It says more.", "choice": self.label(answer)});
        self.answer(&said);
    }

    /// Answers in words of its own.
    fn draft(self, answer: &str) {
        self.answer(&json!({"answer": answer, "confidence": 0.8, "rationale": format!("I find it {answer}.")}));
    }
}

/// A voter that is the agent of the model, so many times.
async fn samples(rest: &Rest, count: u32) -> Value {
    let agents: Value = rest.get("/agents").await.json().await.unwrap();
    let prompt = agents["items"].as_array().unwrap().iter().find(|agent| agent["name"] == "prompt").expect("the agent of the model");
    json!([{"kind": "agent", "agent_id": prompt["id"], "samples": count}])
}

/// Opens a decision; gives its id.
async fn opened(rest: &Rest, decision: &Value) -> String {
    let answer = rest.post("/decisions", decision).await;
    let (status, said) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert_eq!(status, 201, "{said}");
    let opened: Value = serde_json::from_str(&said).unwrap();
    opened["id"].as_str().unwrap().to_owned()
}

/// The decision once nobody is asked any more.
async fn ended(rest: &Rest, id: &str) -> DecisionDetail {
    let began = Instant::now();
    loop {
        let found: DecisionDetail = rest.get(&format!("/decisions/{id}")).await.json().await.unwrap();
        if found.summary.state != DecisionState::Open {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{:?} {:?}", found.summary, found.requests);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The stages of a decision, in their order.
fn stages(decision: &DecisionDetail) -> Vec<&str> {
    decision.story.iter().map(|step| step.stage.as_str()).collect()
}

fn ship_or_wait() -> Value {
    json!({"kind": "options", "options": [{"key": "ship"}, {"key": "wait"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn voters_that_differ_hear_the_others_reasons_and_vote_again() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "debater").await;
    let asked = json!({
        "question": "What becomes of the release?", "answers": ship_or_wait(), "electorate": samples(&rest, 2).await, "rule": "debate"
    });
    let id = opened(&rest, &asked).await;
    for _ in 0..2 {
        let question = Question::next(&mut model).await;
        assert_eq!(question.data.get("arguments_of_others"), None, "nobody votes with the others in view: {}", question.data);
        let answer = if question.voter() == 1 { "ship" } else { "wait" };
        question.vote(answer);
    }
    for _ in 0..2 {
        let question = Question::next(&mut model).await;
        assert!(question.data.get("your_answer").is_some(), "{}", question.data);
        let why = if question.voter() == 1 { "All tests are green." } else { "It is a Friday." };
        question.answer(&json!({"argument": why}));
    }
    for _ in 0..2 {
        let question = Question::next(&mut model).await;
        // Each hears the other one, and not itself.
        let heard = if question.voter() == 1 { "It is a Friday." } else { "All tests are green." };
        assert_eq!(question.data["arguments_of_others"], json!([heard]), "{}", question.data);
        question.vote("ship");
    }
    let decision = ended(&rest, &id).await;
    assert_eq!(stages(&decision), ["balloting", "arguing", "balloting", "ended"]);
    assert_eq!((decision.arguments.len(), decision.ballots.len(), decision.dissent.len()), (2, 4, 0));
    let verdict = decision.summary.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.key.as_deref(), verdict.rounds), (DecisionState::Decided, Some("ship"), 2));
    assert_eq!((verdict.by.as_deref(), verdict.why.as_str()), (Some("vote"), "all_agree"));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_decides_only_if_it_says_the_same_in_both_orders() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "judge").await;
    let asked = |question: &str| {
        let judge = json!({"kind": "skill", "skill": "prompt.answer"});
        json!({"question": question, "answers": ship_or_wait(), "rule": "judge", "escalation": {"judge": judge}})
    };

    let id = opened(&rest, &asked("What becomes of the first release?")).await;
    let (first, second) = (Question::next(&mut model).await, Question::next(&mut model).await);
    let mut other_order = second.answers();
    other_order.reverse();
    assert_eq!(first.answers(), other_order, "it sees each answer in each place");
    for question in [first, second] {
        question.prefer("ship");
    }
    let decision = ended(&rest, &id).await;
    let words: Vec<(&str, Option<&str>)> = decision.judge_words.iter().map(|word| (word.order.as_str(), word.key.as_deref())).collect();
    assert_eq!(words, [("forward", Some("ship")), ("backward", Some("ship"))]);
    let verdict = decision.summary.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.key.as_deref()), (DecisionState::Decided, Some("ship")));
    assert_eq!((verdict.by.as_deref(), verdict.why.as_str()), (Some("judge"), "judge_consistent"));

    // One that always takes what stands first has no opinion of its own.
    let id = opened(&rest, &asked("What becomes of the second release?")).await;
    for _ in 0..2 {
        let question = Question::next(&mut model).await;
        let first = question.answers()[0].to_owned();
        question.prefer(&first);
    }
    let decision = ended(&rest, &id).await;
    let mut keys: Vec<&str> = decision.judge_words.iter().filter_map(|word| word.key.as_deref()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ship", "wait"]);
    let verdict = decision.summary.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.key, verdict.by), (DecisionState::Escalated, None, None));
    assert_eq!(verdict.missed.as_deref(), Some("judge_inconsistent"));
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_mean_the_same_count_together() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "grouper").await;
    let asked = json!({
        "question": "How large is the lake?", "answers": {"kind": "free", "canonical": {"method": "clustered"}},
        "electorate": samples(&rest, 3).await, "early_stop": false
    });
    let id = opened(&rest, &asked).await;
    for _ in 0..3 {
        let question = Question::next(&mut model).await;
        let answer = ["big", "large", "small"][question.voter() - 1];
        question.draft(answer);
    }
    let question = Question::next(&mut model).await;
    assert_eq!(question.answers().len(), 3, "{}", question.data);
    let alike = [question.label("big"), question.label("large")];
    question.answer(&json!({"groups": [alike]}));

    let decision = ended(&rest, &id).await;
    assert_eq!(stages(&decision), ["drafting", "clustering", "ended"]);
    let mut authors: Vec<usize> = decision.choices.iter().map(|choice| choice.authors.len()).collect();
    authors.sort_unstable();
    assert_eq!(authors, [1, 2], "{:?}", decision.choices);
    assert_eq!(decision.dissent.len(), 1);
    assert_eq!(decision.dissent[0].rationale.as_deref(), Some("I find it small."));
    let verdict = decision.summary.verdict.unwrap();
    assert_eq!(verdict.outcome, DecisionState::Decided);
    assert!(verdict.answer == Some(json!("big")) || verdict.answer == Some(json!("large")), "{verdict:?}");
    assert!(server.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_answer_is_written_out_of_all_drafts() {
    let folder = data_folder();
    let server = Server::start(folder.path());
    let rest = Rest::of(&server).await;
    let mut model = ModelApi::configured(&rest, "writer").await;
    let asked = json!({
        "question": "What do we write to the customer?", "answers": {"kind": "free"}, "electorate": samples(&rest, 2).await,
        "rule": "synthesis", "synthesizer": {"kind": "skill", "skill": "prompt.answer"}
    });
    let id = opened(&rest, &asked).await;
    for _ in 0..2 {
        let question = Question::next(&mut model).await;
        let answer = if question.voter() == 1 { "We are sorry." } else { "It is on its way." };
        question.draft(answer);
    }
    let question = Question::next(&mut model).await;
    let mut shown = question.answers();
    shown.sort_unstable();
    assert_eq!(shown, ["It is on its way.", "We are sorry."]);
    let written = "We are sorry that you waited; it is on its way.";
    question.answer(&json!({"answer": written}));

    let decision = ended(&rest, &id).await;
    assert_eq!(stages(&decision), ["drafting", "synthesising", "ended"]);
    assert_eq!(decision.synthesis, Some(json!(written)));
    let verdict = decision.summary.verdict.unwrap();
    assert_eq!((verdict.outcome, verdict.answer, verdict.key), (DecisionState::Decided, Some(json!(written)), None));
    assert_eq!((verdict.by.as_deref(), verdict.why.as_str()), (Some("synthesis"), "synthesised"));
    assert!(server.terminate());
}
