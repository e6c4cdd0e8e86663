//! How is an answer shown while a model writes it? With the progress, a few times a second, and as much of its end as fits.

use std::time::Duration;

use baton_domain::model::{ModelAnswer, ModelRequest};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Context;
use crate::SkillError;
use crate::protocol::{FromAgent, MAXIMUM_WRITTEN_BYTES};

/// How far apart two states of a text are shown at least.
const APART: Duration = Duration::from_millis(250);
/// Stands before the end of a text whose beginning is not shown.
const CUT: &str = "…";

/// The end of a text that is being written.
#[derive(Debug, Default)]
struct End {
    text: String,
    cut: bool,
    /// Whether something of it has not been shown.
    fresh: bool,
}

impl End {
    fn take(&mut self, piece: &str) {
        self.fresh = true;
        if piece.is_empty() {
            (self.text, self.cut) = (String::new(), false);
            return;
        }
        self.text.push_str(piece);
        let room = MAXIMUM_WRITTEN_BYTES - CUT.len();
        if self.text.len() > room {
            let kept = self.text.ceil_char_boundary(self.text.len() - room);
            self.text.drain(..kept);
            self.cut = true;
        }
    }

    fn show(&mut self) -> String {
        self.fresh = false;
        if self.cut { format!("{CUT}{}", self.text) } else { self.text.clone() }
    }
}

impl Context {
    /// Asks a model as [`llm`](Self::llm) does, and shows the answer while it is written: whoever looks at the task sees it with the
    /// progress. Only for answers that may be seen as they are: whatever the skill finds wrong with one, it finds when it was seen.
    ///
    /// # Errors
    /// As [`llm`](Self::llm).
    pub async fn llm_shown(&self, call: ModelRequest, fraction: f64, message: &str) -> Result<ModelAnswer, SkillError> {
        let (send, mut pieces) = mpsc::unbounded_channel();
        let answer = self.llm_streaming(call, send);
        tokio::pin!(answer);
        let (mut end, mut writes, mut next) = (End::default(), true, Instant::now());
        loop {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(next), if end.fresh => {
                    self.show(fraction, message, end.show());
                    next = Instant::now() + APART;
                }
                piece = pieces.recv(), if writes => match piece {
                    Some(piece) => end.take(&piece),
                    None => writes = false,
                },
                answer = &mut answer => {
                    // Pieces may have come, and then the answer, since they were looked for.
                    while let Ok(piece) = pieces.try_recv() {
                        end.take(&piece);
                    }
                    if end.fresh {
                        self.show(fraction, message, end.show());
                    }
                    return answer;
                }
            }
        }
    }

    fn show(&self, fraction: f64, message: &str, written: String) {
        self.say(FromAgent::Progress { fraction: fraction.clamp(0.0, 1.0), message: message.to_owned(), written: Some(written) });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::collections::BTreeMap;
    use std::sync::Arc;

    use async_trait::async_trait;
    use baton_domain::agent::{AgentCard, Family, InstanceRange, Limits};
    use baton_domain::id::{AttemptId, TaskId};
    use baton_domain::model::{FinishReason, Message, Usage};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::Agent;
    use crate::carrier::{Connection, begin_in_process};
    use crate::protocol::{Start, ToAgent, VERSION};

    /// Gives what a model writes.
    struct Writer;

    #[async_trait]
    impl Agent for Writer {
        fn card(&self) -> AgentCard {
            AgentCard {
                name: "writer".to_owned(),
                title: "Writer".to_owned(),
                description: "Writes.".to_owned(),
                family: Family::Custom,
                skills: Vec::new(),
                labels: Vec::new(),
                slots: 1,
                instances: InstanceRange::default(),
                cost_micros: 0,
                version: "1.0.0".to_owned(),
            }
        }

        async fn perform(&self, context: Context, _: &str, _: Value) -> Result<Value, SkillError> {
            let answer = context.llm_shown(ModelRequest::new(vec![Message::user("?")]), 0.5, "asking").await?;
            Ok(json!(answer.text))
        }
    }

    /// An attempt that has asked, and the number of its request.
    async fn asked() -> (Connection, u64) {
        let start = Start {
            protocol: VERSION,
            attempt_id: AttemptId::new(Uuid::from_u128(1)),
            task_id: TaskId::new(Uuid::from_u128(2)),
            attempt: 1,
            agent: "writer".to_owned(),
            skill: "write".to_owned(),
            input: Value::Null,
            artifacts: BTreeMap::new(),
            scratch: std::env::temp_dir(),
            heartbeat_ms: 3_600_000,
            limits: Limits::default(),
            depth: 0,
            checkpoint: None,
            egress: None,
            connections: BTreeMap::new(),
        };
        let mut connection = begin_in_process(Arc::new(Writer), start);
        let FromAgent::Complete { request, stream, .. } = said(&mut connection).await else { panic!("it asks") };
        assert!(stream);
        (connection, request)
    }

    /// What the agent says next but signs of life.
    async fn said(connection: &mut Connection) -> FromAgent {
        loop {
            match connection.from_agent.recv().await.unwrap() {
                FromAgent::Started | FromAgent::Heartbeat => {}
                said => return said,
            }
        }
    }

    async fn shown(connection: &mut Connection) -> String {
        match said(connection).await {
            FromAgent::Progress { fraction, message, written: Some(written) } => {
                assert_eq!((fraction, message.as_str()), (0.5, "asking"));
                written
            }
            other => panic!("{other:?}"),
        }
    }

    async fn write(connection: &Connection, request: u64, piece: &str) {
        connection.to_agent.send(ToAgent::Written { request, text: piece.to_owned() }).await.unwrap();
    }

    async fn complete(connection: &Connection, request: u64, text: &str) {
        let answer = ModelAnswer {
            model: "played".to_owned(),
            text: text.to_owned(),
            json: None,
            tool_calls: Vec::new(),
            finish: FinishReason::Stop,
            usage: Usage::default(),
            cached: false,
        };
        connection.to_agent.send(ToAgent::Completed { request, result: Ok(Box::new(answer)) }).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_written_is_shown_in_order_and_ends_as_the_whole_answer() {
        let (mut connection, request) = asked().await;
        let mut states = Vec::new();
        let mut began = Instant::now();
        for (number, piece) in ["one ", "two ", "three"].into_iter().enumerate() {
            write(&connection, request, piece).await;
            states.push(shown(&mut connection).await);
            let took = began.elapsed();
            assert!(number == 0 && took < APART || number > 0 && took >= APART, "state {number} after {took:?}");
            began = Instant::now();
        }
        assert_eq!(states, ["one ", "one two ", "one two three"]);
        complete(&connection, request, "one two three").await;
        let FromAgent::Outcome { result, .. } = said(&mut connection).await else { panic!("nothing more is shown") };
        assert_eq!(result.unwrap(), json!(states.last().unwrap()));
    }

    #[tokio::test(start_paused = true)]
    async fn many_pieces_are_few_states_and_the_last_is_the_whole() {
        let (mut connection, request) = asked().await;
        for number in 0..500 {
            write(&connection, request, &format!("{number} ")).await;
        }
        let whole: String = (0..500).map(|number| format!("{number} ")).collect();
        complete(&connection, request, &whole).await;
        let mut states = Vec::new();
        loop {
            match said(&mut connection).await {
                FromAgent::Progress { written, .. } => states.push(written.unwrap()),
                FromAgent::Outcome { .. } => break,
                other => panic!("{other:?}"),
            }
        }
        assert!((1..=3).contains(&states.len()), "{}", states.len());
        assert_eq!(*states.last().unwrap(), whole);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_begins_anew_is_shown_anew() {
        let (mut connection, request) = asked().await;
        write(&connection, request, "half").await;
        assert_eq!(shown(&mut connection).await, "half");
        write(&connection, request, "").await;
        write(&connection, request, "whole").await;
        assert_eq!(shown(&mut connection).await, "whole");
    }

    #[test]
    fn progress_without_a_text_is_said_as_before() {
        let plain = r#"{"type":"progress","fraction":0.5,"message":"half"}"#;
        let said: FromAgent = serde_json::from_str(plain).unwrap();
        assert_eq!(said, FromAgent::Progress { fraction: 0.5, message: "half".to_owned(), written: None });
        assert_eq!(serde_json::to_string(&said).unwrap(), plain);
    }

    #[test]
    fn of_a_long_text_the_end_is_shown() {
        let mut end = End::default();
        for number in 0..2_000 {
            end.take(&format!("é{number}"));
            assert!(end.show().len() <= MAXIMUM_WRITTEN_BYTES);
        }
        let shown = end.show();
        assert!(shown.starts_with(CUT) && shown.ends_with("é1998é1999") && shown.len() > MAXIMUM_WRITTEN_BYTES - 8, "{shown}");
        end.take("");
        end.take("new");
        assert_eq!(end.show(), "new");
    }
}
