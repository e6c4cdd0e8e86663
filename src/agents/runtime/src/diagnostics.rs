//! How a fleet is tried out: an agent whose skills do nothing, answer at once, take their time, fail on demand, or want more than they may.

mod exhaust;
mod sharing;

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::agent::{AgentCard, Family, InstanceRange, Isolation, Limits, Needs, Skill};
use baton_domain::problem::Code;
use baton_domain::task::RetryPolicy;
use baton_domain::wire::decision::DecideTerms;
use baton_domain::wire::topic::Settled;
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::{Agent, Context, SkillError};

/// Answers with its input, sleeps, or fails; needs nothing and changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Diagnostics {
    /// How many attempts it takes at once.
    pub slots: u32,
}

/// The skill that does nothing, which is what the machinery around it is measured with.
pub const NOOP: &str = "diagnostics.noop";
/// How many characters of its message that skill's result holds.
pub const NOOP_CHARACTERS: usize = 64;
/// The skill that answers with its input.
pub const ECHO: &str = "diagnostics.echo";
/// The skill that takes its time.
pub const SLEEP: &str = "diagnostics.sleep";
/// The skill that fails on demand.
pub const FAIL: &str = "diagnostics.fail";
/// The skill that publishes a message, from a process of its own.
pub const PUBLISH: &str = "diagnostics.publish";
/// The skill that waits for a message.
pub const LISTEN: &str = "diagnostics.listen";
/// The skill that consumes a durable subscription, from a process of its own.
pub const CONSUME: &str = "diagnostics.consume";
/// The skill that claims a shared thing and stores a version under it, from a process of its own.
pub const CLAIM: &str = "diagnostics.claim";
/// The skill that asks another one, from a process of its own.
pub const ASK: &str = "diagnostics.ask";
/// The skill that keeps a core busy in a process of its own.
pub const SPIN: &str = "diagnostics.spin";
/// The skill that uses more than it may, in a process of its own.
pub const EXHAUST: &str = "diagnostics.exhaust";

fn skill(name: &str, title: &str, description: &str, input_schema: Value, examples: Vec<Value>) -> Skill {
    Skill {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        family: Family::Custom,
        input_schema,
        output_schema: json!({"type": "object"}),
        examples,
        result_kind: "json".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs::default(),
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

#[async_trait]
impl Agent for Diagnostics {
    fn card(&self) -> AgentCard {
        let milliseconds = |title: &str| json!({"type": "integer", "title": title, "minimum": 0, "maximum": 600_000, "default": 1_000});
        let echo = skill(
            ECHO,
            "Echo",
            "Answers with its input.",
            json!({"type": "object", "properties": {"message": {"type": "string", "title": "Message", "maxLength": 10_000}}, "additionalProperties": false}),
            vec![json!({"message": "hello"})],
        );
        let noop = skill(
            NOOP,
            "Do nothing",
            "Answers at once with the beginning of its message.",
            json!({"type": "object", "properties": {
                "id": {"type": "integer", "title": "Number"},
                "message": {"type": "string", "title": "Message", "maxLength": 10_000, "default": ""}
            }, "required": ["id"], "additionalProperties": false}),
            vec![json!({"id": 1, "message": "hello"})],
        );
        let sleep = skill(
            SLEEP,
            "Sleep",
            "Takes the given time, writes a log line ten times on the way, and can be cancelled, or paused each second.",
            json!({"type": "object", "properties": {"milliseconds": milliseconds("Milliseconds")}, "required": ["milliseconds"], "additionalProperties": false}),
            vec![json!({"milliseconds": 5_000})],
        );
        let sleep = Skill { checkpoints: true, ..sleep };
        let fail = skill(
            FAIL,
            "Fail",
            "Fails on its first attempts, then succeeds.",
            json!({"type": "object", "properties": {
                "times": {"type": "integer", "title": "How many attempts fail", "minimum": 1, "maximum": 100, "default": 1},
                "retryable": {"type": "boolean", "title": "Another attempt could succeed", "default": true}
            }, "required": ["times"], "additionalProperties": false}),
            vec![json!({"times": 1, "retryable": true})],
        );
        let spin = Skill {
            isolation: Isolation::Process,
            checkpoints: true,
            needs: Needs { cpu_millicores: 1_000, memory_mib: 32, model: None },
            model: None,
            network: false,
            ..skill(
                SPIN,
                "Keep busy",
                "Keeps a core busy for the given time, in a process of its own, and can be paused each second.",
                json!({"type": "object", "properties": {"milliseconds": milliseconds("Milliseconds of work")}, "required": ["milliseconds"], "additionalProperties": false}),
                vec![json!({"milliseconds": 2_000})],
            )
        };
        let exhaust = Skill {
            isolation: Isolation::Process,
            limits: exhaust::LIMITS,
            ..skill(
                EXHAUST,
                "Use too much",
                "Takes ever more memory, processor time or file space, in a process of its own, until its limits end it.",
                json!({"type": "object", "properties": {
                    "what": {"enum": ["memory", "cpu", "file"], "title": "Of what", "default": "memory", "x-labels": ["Memory", "Processor time", "File space"]}
                }, "required": ["what"], "additionalProperties": false}),
                vec![json!({"what": "memory"})],
            )
        };
        let publish = Skill {
            isolation: Isolation::Process,
            ..skill(
                PUBLISH,
                "Publish",
                "Publishes a message under a topic, from a process of its own.",
                json!({"type": "object", "properties": {
                    "topic": {"type": "string", "title": "Topic", "maxLength": 256},
                    "payload": {"type": "object", "title": "Message", "default": {}},
                    "key": {"type": "string", "title": "Key", "description": "Of two with the same key only the first is stored.", "maxLength": 128}
                }, "required": ["topic"], "additionalProperties": false}),
                vec![json!({"topic": "orders.created", "payload": {"order": 17}})],
            )
        };
        let listen = skill(
            LISTEN,
            "Listen",
            "Waits for the first message of topics that match a pattern, and answers with it.",
            json!({"type": "object", "properties": {
                "pattern": {"type": "string", "title": "Pattern", "maxLength": 256, "default": ">"},
                "milliseconds": milliseconds("Milliseconds to wait at most")
            }, "required": ["pattern", "milliseconds"], "additionalProperties": false}),
            vec![json!({"pattern": "orders.>", "milliseconds": 60_000})],
        );
        let consume = Skill {
            isolation: Isolation::Process,
            idempotent: false,
            ..skill(
                CONSUME,
                "Consume",
                "Takes the next message of a durable subscription and acknowledges or refuses it, from a process of its own.",
                json!({"type": "object", "properties": {
                    "subscription": {"type": "string", "title": "Subscription", "maxLength": 64},
                    "seconds": {"type": "integer", "title": "Seconds to wait at most", "minimum": 0, "maximum": 30, "default": 10},
                    "refuse": {"type": "boolean", "title": "Refuse it", "default": false},
                    "at_once": {"type": "integer", "title": "How many messages to wait for at once", "minimum": 1, "maximum": 30, "default": 1}
                }, "required": ["subscription"], "additionalProperties": false}),
                vec![json!({"subscription": "billing", "seconds": 10})],
            )
        };
        let ask = Skill {
            isolation: Isolation::Process,
            ..skill(
                ASK,
                "Ask",
                "Asks another skill, of several agents if it is said how answers that differ are decided on, from a process of its own.",
                json!({"type": "object", "properties": {
                    "skill": {"type": "string", "title": "Skill", "minLength": 1, "maxLength": 128},
                    "input": {"type": "object", "title": "Its input", "default": {}},
                    "decide": {"type": "object", "title": "Decide", "description": "Who does it, and by which rule it is decided, as of a task."}
                }, "required": ["skill"], "additionalProperties": false}),
                vec![
                    json!({"skill": "nlp.sentiment", "input": {"text": "The people were kind."}, "decide": {"voters": {"samples": 3}, "rule": "majority"}}),
                ],
            )
        };
        let claim = Skill {
            isolation: Isolation::Process,
            idempotent: false,
            ..skill(
                CLAIM,
                "Claim",
                "Claims a shared thing alone, stores a version under the claim if a line is named, and gives it back, from a process of its own.",
                json!({"type": "object", "properties": {
                    "resource": {"type": "string", "title": "What is claimed", "minLength": 3, "maxLength": 512},
                    "seconds": {"type": "integer", "title": "Seconds to wait at most", "minimum": 0, "maximum": 30, "default": 10},
                    "until_lost": {"type": "boolean", "title": "Hold it until it is lost", "default": false},
                    "line": {"type": "string", "title": "Line", "maxLength": 200},
                    "content": {"type": "string", "title": "Content of the version", "maxLength": 10_000, "default": ""},
                    "base": {"type": "integer", "title": "The version that it stands on", "minimum": 1}
                }, "required": ["resource"], "additionalProperties": false}),
                vec![json!({"resource": "line:notes/harvest.txt", "line": "notes/harvest.txt", "content": "Twelve boxes."})],
            )
        };
        AgentCard {
            name: "diagnostics".to_owned(),
            title: "Diagnostics".to_owned(),
            description: "Tries out queue, agents and dashboard without doing real work.".to_owned(),
            family: Family::Custom,
            skills: vec![echo, noop, sleep, fail, publish, listen, consume, ask, claim, spin, exhaust],
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::default(),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        let milliseconds = input["milliseconds"].as_u64().unwrap_or(0);
        match skill {
            ECHO => Ok(input),
            NOOP => {
                let excerpt: String = input["message"].as_str().unwrap_or_default().chars().take(NOOP_CHARACTERS).collect();
                Ok(json!({"id": input["id"], "ok": true, "message": excerpt}))
            }
            SLEEP => {
                sleep(&context, milliseconds).await?;
                Ok(json!({"slept_ms": milliseconds}))
            }
            FAIL => {
                let times = input["times"].as_u64().unwrap_or(1);
                if u64::from(context.attempt()) > times {
                    return Ok(json!({"attempt": context.attempt()}));
                }
                let message = format!("attempt {} of {times} that fail, as asked", context.attempt());
                Err(if input["retryable"] == json!(false) {
                    SkillError::new(Code::InputRejected, message)
                } else {
                    SkillError::passing(Code::WorkerLost, message)
                })
            }
            PUBLISH => {
                let (topic, key) = (input["topic"].as_str().unwrap_or_default(), input["key"].as_str());
                let id = context.publish(topic, input["payload"].clone(), key).await?;
                Ok(json!({"message": id}))
            }
            LISTEN => {
                let mut messages = context.subscribe(input["pattern"].as_str().unwrap_or_default()).await?;
                context.info("listening", Value::Null);
                let heard = tokio::time::timeout(Duration::from_millis(milliseconds), messages.next()).await;
                Ok(json!({"heard": heard.ok().flatten()}))
            }
            CONSUME => consume(&context, &input).await,
            ASK => ask(&context, &input).await,
            CLAIM => sharing::claim(&context, &input).await,
            SPIN => context.blocking(move |context| spin(context, Duration::from_millis(milliseconds))).await,
            EXHAUST => {
                let what = input["what"].as_str().unwrap_or_default().to_owned();
                context.blocking(move |context| exhaust::exhaust(context, &what)).await
            }
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}

/// Takes messages of a subscription, and says of all of them what the input wants.
async fn consume(context: &Context, input: &Value) -> Result<Value, SkillError> {
    let subscription = input["subscription"].as_str().unwrap_or_default();
    let wait = Duration::from_secs(input["seconds"].as_u64().unwrap_or(10));
    let pulls = (0..input["at_once"].as_u64().unwrap_or(1)).map(|_| context.pull(subscription, 1, wait));
    let deliveries = try_join_all(pulls).await?.concat();
    let ack_ids: Vec<String> = deliveries.iter().map(|delivery| delivery.ack_id.clone()).collect();
    let settled = match (ack_ids.is_empty(), input["refuse"].as_bool().unwrap_or(false)) {
        (true, _) => Settled::default(),
        (false, true) => context.refuse(subscription, ack_ids, Some(Duration::ZERO)).await?,
        (false, false) => context.acknowledge(subscription, ack_ids).await?,
    };
    Ok(json!({"deliveries": deliveries, "settled": settled.settled}))
}

/// Asks another skill, on the terms of the input if it has some.
async fn ask(context: &Context, input: &Value) -> Result<Value, SkillError> {
    let skill = input["skill"].as_str().unwrap_or_default();
    let given = input.get("input").cloned().unwrap_or_else(|| json!({}));
    let answer = match input.get("decide") {
        Some(terms) => {
            let terms: DecideTerms = serde_json::from_value(terms.clone()).map_err(|error| SkillError::input("decide", error))?;
            context.ask_several(skill, given, terms).await?
        }
        None => context.ask(skill, given).await?,
    };
    Ok(json!({"answer": answer}))
}

/// The longest stretch between two checkpoints, in milliseconds; work that is shorter than it makes none.
const STRETCH: u64 = 1_000;

/// Sleeps in stretches, from where an earlier attempt stood.
async fn sleep(context: &Context, total: u64) -> Result<(), SkillError> {
    let mut slept = context.resumed().and_then(|kept| kept["slept_ms"].as_u64()).unwrap_or(0).min(total);
    let stretch = (total / 10).clamp(1, STRETCH);
    while slept < total {
        let (before, next) = (slept * 10 / total, (slept + stretch).min(total));
        tokio::time::sleep(Duration::from_millis(next - slept)).await;
        slept = next;
        let tenths = slept * 10 / total;
        if tenths > before {
            context.info(format!("slept {tenths} of 10"), json!({"step": tenths}));
            context.progress(f64::from(u32::try_from(tenths).unwrap_or(10)) / 10.0, "sleeping");
        }
        if total > STRETCH && slept < total {
            context.checkpoint(json!({"slept_ms": slept})).await?;
        }
    }
    Ok(())
}

/// Some of a millisecond's work: many steps of a linear congruential generator.
fn generate(mut state: u64) -> u64 {
    for _ in 0..100_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    }
    state
}

/// Counts steps of a linear congruential generator until the time is over, that of earlier attempts included.
fn spin(context: &Context, span: Duration) -> Result<Value, SkillError> {
    #[expect(clippy::disallowed_methods, reason = "the work is to let time pass")]
    let began = std::time::Instant::now();
    let kept = |name: &str| context.resumed().and_then(|kept| kept[name].as_u64());
    let (mut state, mut rounds) = (kept("last").unwrap_or(1), kept("rounds").unwrap_or(0));
    let earlier = Duration::from_millis(kept("spun_ms").unwrap_or(0));
    let mut checkpoint_at = Duration::from_millis(STRETCH);
    while earlier + began.elapsed() < span {
        context.check()?;
        if began.elapsed() >= checkpoint_at {
            let spun_ms = u64::try_from((earlier + began.elapsed()).as_millis()).unwrap_or(u64::MAX);
            context.blocking_checkpoint(json!({"spun_ms": spun_ms, "last": state, "rounds": rounds}))?;
            checkpoint_at += Duration::from_millis(STRETCH);
        }
        state = generate(state);
        rounds += 1;
    }
    Ok(json!({"rounds": rounds, "last": state}))
}
