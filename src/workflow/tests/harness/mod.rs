//! A world in which runs go on: it carries out commands, and things happen in an order that is drawn by lot.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::time::Timestamp;
use baton_workflow::document::Action;
use baton_workflow::run::{Key, KeyKind, Outcome, Person, Rows, RunState, StepState, Usage};
use baton_workflow::{Command, Effects, Fact, Plan, Run, Start, parse};
use serde_json::{Value, json};

/// Numbers by lot, from a seed (SplitMix64, Steele and others 2014).
#[derive(Clone)]
pub struct Lot(pub u64);

impl Lot {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A number that hangs on texts alone.
pub fn fate(seed: u64, texts: &[&str]) -> u64 {
    let mut hash = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in texts.join("\u{1f}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    Lot(hash).next()
}

/// A workflow by lot. `gentle` leaves out what makes the end hang on the order: lists that stop at the first failure.
pub fn workflow(seed: u64, steps: usize, gentle: bool) -> Value {
    let mut lot = Lot(seed);
    let mut map = serde_json::Map::new();
    for place in 0..steps {
        let id = format!("s{place}");
        let mut step = serde_json::Map::new();
        let earlier: Vec<String> =
            (0..place).filter(|_| lot.chance(if place > 6 { 25 } else { 45 })).map(|other| format!("s{other}")).take(4).collect();
        let read = earlier.first().cloned();
        let kind = lot.below(12);
        match kind {
            0 => {
                step.insert("wait".into(), json!({"signal": id, "timeout": "1h"}));
            }
            1 => {
                step.insert("wait".into(), json!("5m"));
            }
            2 => {
                step.insert("approve".into(), json!({"expires": "1d"}));
            }
            3 => {
                step.insert("decide".into(), json!({"voters": 3, "question": "which?", "options": ["a", "b"]}));
            }
            4 => {
                step.insert("uses".into(), json!("workflow:other"));
            }
            _ => {
                step.insert("uses".into(), json!("diagnostics.echo"));
            }
        }
        if kind >= 3 {
            let message =
                read.as_ref().map_or_else(|| json!("${{ inputs.n }}"), |read| json!(format!("${{{{ json(steps.{read}.output) }}}}")));
            step.insert("with".into(), json!({"message": message}));
            if lot.chance(30) {
                let items: Vec<u64> = (0..lot.below(7)).collect();
                let fast = !gentle && lot.chance(50);
                let items = if lot.chance(50) { json!(items) } else { json!(format!("${{{{ range({}) }}}}", items.len())) };
                step.insert("foreach".into(), json!({"items": items, "concurrency": 1 + lot.below(3), "fail_fast": fast}));
                step.insert("with".into(), json!({"message": "${{ item }} of ${{ index }}"}));
            }
            if lot.chance(15) {
                step.insert("approve".into(), json!({"expires": "1d", "message": "may ${{ run.id }}?"}));
            }
        }
        if !earlier.is_empty() {
            step.insert("needs".into(), json!(earlier));
        }
        match lot.below(8) {
            0 => {
                step.insert("if".into(), json!("always()"));
            }
            1 if read.is_some() => {
                step.insert("if".into(), json!(format!("failure() || steps.{}.status == 'skipped'", read.clone().unwrap())));
            }
            2 => {
                step.insert("if".into(), json!("inputs.n % 2 == 1"));
            }
            _ => {}
        }
        match lot.below(8) {
            0 => {
                step.insert("on_failure".into(), json!("continue"));
            }
            1 if place + 1 < steps => {
                step.insert(
                    "on_failure".into(),
                    json!({"run": format!("s{}", place + 1 + lot.below((steps - place - 1) as u64) as usize)}),
                );
            }
            _ => {}
        }
        map.insert(id, Value::Object(step));
    }
    let outputs: serde_json::Map<String, Value> = (0..steps)
        .filter(|_| lot.chance(50))
        .map(|place| (format!("o{place}"), json!(format!("${{{{ steps.s{place}.output }}}}"))))
        .collect();
    json!({"name": "lot", "version": 1, "inputs": {"n": "integer"}, "steps": map, "outputs": outputs})
}

/// The plan of a document.
pub fn plan_of(document: &Value) -> Plan {
    let workflow = parse(&document.to_string()).unwrap_or_else(|problems| panic!("{document:#}\n{problems:#?}"));
    Plan::of(workflow).unwrap_or_else(|problems| panic!("{document:#}\n{problems:#?}"))
}

/// The plan of a text.
pub fn plan(text: &str) -> Plan {
    let workflow = parse(text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    Plan::of(workflow).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub const MORNING: Timestamp = Timestamp::from_millis(1_795_000_000_000);

pub fn start(plan: &Plan, input: Value) -> (Run, Effects) {
    Run::start(plan, Start { id: "r1".to_owned(), requested_by: "ada".to_owned(), input, at: MORNING })
        .unwrap_or_else(|problem| panic!("{problem}"))
}

pub fn person(name: &str, roles: &[&str]) -> Person {
    Person { name: name.to_owned(), roles: roles.iter().map(|role| (*role).to_owned()).collect() }
}

/// Something that may happen next.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Ends(Key),
    Cancels(Key),
    Decides(Key, String),
    Timer(Key),
    Signal(String),
}

/// What carries out commands.
pub struct World {
    pub seed: u64,
    pub events: Vec<Event>,
    pub begun: BTreeMap<Key, Command>,
    pub asked: BTreeSet<Key>,
    pub timers: BTreeSet<Key>,
    /// Approvals that somebody can still decide on.
    pub open: BTreeSet<Key>,
    /// Children that do not end before they are let go on.
    pub paused: BTreeSet<Key>,
    pub finished: Vec<Command>,
    pub facts: u64,
    /// Which try of the run this is: a signal is sent once.
    pub round: u32,
}

impl World {
    pub fn new(seed: u64, plan: &Plan) -> Self {
        let mut world = Self {
            seed,
            events: Vec::new(),
            begun: BTreeMap::new(),
            asked: BTreeSet::new(),
            timers: BTreeSet::new(),
            open: BTreeSet::new(),
            paused: BTreeSet::new(),
            finished: Vec::new(),
            facts: 0,
            round: 1,
        };
        for step in &plan.workflow.steps {
            if matches!(step.action, Action::Signal { .. }) && world.comes(&step.id) {
                world.events.push(Event::Signal(step.id.clone()));
            }
        }
        world
    }

    fn comes(&self, step: &str) -> bool {
        !fate(self.seed, &["signal", step]).is_multiple_of(4)
    }

    /// 0 to 6: agrees, 7: refuses, 8 and 9: nobody does anything.
    fn verdict(&self, step: &str) -> u64 {
        fate(self.seed, &["verdict", step]) % 10
    }

    pub fn outcome(&self, key: &Key) -> Outcome {
        let index = key.index.map_or_else(String::new, |index| index.to_string());
        let number = fate(self.seed, &["outcome", key.step.as_deref().unwrap_or(""), &index]);
        if number.is_multiple_of(8) {
            Outcome::Failed { code: "ATTEMPT-002".to_owned(), message: format!("failed with {}", number % 100) }
        } else {
            Outcome::Completed(json!({"number": number % 100, "text": "x"}))
        }
    }

    /// Carries out commands; those that were carried out before do nothing.
    pub fn carry_out(&mut self, commands: &[Command]) {
        for command in commands {
            let key = command.key().clone();
            match command {
                Command::StartTask { .. } | Command::StartRun { .. } | Command::OpenDecision { .. } => {
                    if let Some(before) = self.begun.get(&key) {
                        assert_eq!(before, command, "a key stands for one command");
                        continue;
                    }
                    self.begun.insert(key.clone(), command.clone());
                    self.events.push(Event::Ends(key));
                }
                Command::Cancel { .. } => {
                    if let Some(event) = self.events.iter_mut().find(|event| **event == Event::Ends(key.clone())) {
                        *event = Event::Cancels(key);
                    }
                }
                Command::AskApproval { hash, .. } => {
                    if self.asked.insert(key.clone()) {
                        self.open.insert(key.clone());
                        if self.verdict(key.step.as_deref().unwrap()) < 8 {
                            self.events.push(Event::Decides(key, hash.clone()));
                        }
                    }
                }
                Command::WithdrawApproval { .. } => {
                    self.open.remove(&key);
                    self.events.retain(|event| !matches!(event, Event::Decides(open, _) if *open == key));
                }
                Command::SetTimer { .. } => {
                    if !self.timers.insert(key.clone()) {
                        continue;
                    }
                    let step = key.step.clone().unwrap_or_default();
                    let fires = match key.kind {
                        KeyKind::Delay => true,
                        KeyKind::Expiry => self.verdict(&step) >= 8,
                        KeyKind::Timeout => !self.comes(&step),
                        _ => false,
                    };
                    if fires {
                        self.events.push(Event::Timer(key));
                    }
                }
                Command::PauseRun { .. } => {
                    self.paused.insert(key);
                }
                Command::ResumeRun { .. } => {
                    self.paused.remove(&key);
                }
                Command::FinishRun { .. } => {
                    if !self.finished.contains(command) {
                        self.finished.push(command.clone());
                    }
                }
            }
        }
    }

    /// What happens next, by lot: a child that is paused does not end.
    pub fn next(&mut self, lot: &mut Lot) -> Option<Event> {
        let may = |event: &Event| !matches!(event, Event::Ends(key) if self.paused.contains(key));
        let places: Vec<usize> = self.events.iter().enumerate().filter(|(_, event)| may(event)).map(|(place, _)| place).collect();
        if places.is_empty() {
            return None;
        }
        let event = self.events.swap_remove(places[lot.below(places.len() as u64) as usize]);
        match &event {
            Event::Decides(key, _) => {
                self.open.remove(key);
            }
            Event::Timer(key) if key.kind == KeyKind::Expiry => {
                self.open.retain(|open| open.step != key.step || open.generation != key.generation);
            }
            _ => {}
        }
        Some(event)
    }

    /// The fact that an event is.
    pub fn fact(&self, event: &Event) -> Fact {
        match event {
            Event::Ends(key) => Fact::Ended { key: key.clone(), outcome: self.outcome(key), usage: Usage::default() },
            // A cancellation may come too late.
            Event::Cancels(key) if fate(self.seed, &["late", &key.to_string()]).is_multiple_of(3) => {
                Fact::Ended { key: key.clone(), outcome: self.outcome(key), usage: Usage::default() }
            }
            Event::Cancels(key) => Fact::Ended { key: key.clone(), outcome: Outcome::Canceled, usage: Usage::default() },
            Event::Decides(key, hash) => {
                let (key, hash, by) = (key.clone(), hash.clone(), person("grace", &["operator"]));
                if self.verdict(key.step.as_deref().unwrap()) < 7 {
                    Fact::Approved { key, hash, by, comment: None }
                } else {
                    Fact::Refused { key, hash, by, comment: Some("no".to_owned()) }
                }
            }
            Event::Timer(key) => Fact::Timer { key: key.clone() },
            Event::Signal(step) => {
                Fact::Signal { id: format!("sig-{step}-{}", self.round), name: step.clone(), payload: json!({"of": step}) }
            }
        }
    }

    pub fn now(&mut self) -> Timestamp {
        self.facts += 1;
        MORNING.plus(std::time::Duration::from_millis(self.facts))
    }
}

/// Which steps may have work, and not more of it than they may.
pub fn check(plan: &Plan, run: &Run, effects: &Effects) {
    for command in &effects.commands {
        let Some(step) = command.key().step.as_deref() else { continue };
        let place = plan.graph.place(step).unwrap();
        if !matches!(command, Command::Cancel { .. } | Command::WithdrawApproval { .. }) {
            for before in plan.graph.before(place) {
                let id = &plan.workflow.steps[before].id;
                assert!(run.step(id).unwrap().state.is_ended(), "{step} begins before {id} has ended");
            }
        }
    }
    for (said, row) in plan.workflow.steps.iter().zip(run.steps()) {
        let most = said.foreach.as_ref().map_or(1, |foreach| foreach.concurrency);
        assert!(row.running <= most, "{} has {} of {most}", said.id, row.running);
        if row.state.is_ended() {
            assert_eq!(row.running, 0, "{}", said.id);
        }
    }
    if run.header().state.is_ended() {
        assert!(run.steps().all(|row| row.state.is_ended()));
    }
}

/// How a run has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    pub state: RunState,
    pub outputs: Option<Value>,
    pub error: Option<baton_workflow::run::StepError>,
    pub steps: Vec<(String, StepState, Option<baton_workflow::run::StepError>, Option<Value>)>,
}

pub fn end(run: &Run) -> End {
    let header = run.header();
    End {
        state: header.state,
        outputs: header.outputs.clone(),
        error: header.error.clone(),
        steps: run.steps().map(|row| (row.step.clone(), row.state, row.error.clone(), run.output(&row.step).cloned())).collect(),
    }
}

/// The rows as storage has them after some effects.
pub fn stored(rows: &mut Rows, effects: &Effects) {
    rows.apply(effects);
}

/// Rows in an order of their own, so that they can be compared.
pub fn sorted(mut rows: Rows) -> Rows {
    rows.items.sort_by(|one, other| (&one.step, one.index).cmp(&(&other.step, other.index)));
    rows.signals.sort_by(|one, other| one.id.cmp(&other.id));
    rows
}
