//! What does a frame of the socket say? Read field by field: a type with a tag would be read a second way, and with it all that it holds.

use baton_domain::wire::live::{ServerFrame, Transient};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::json;

/// Reads a frame; none that a newer server sends and this tab does not know.
pub(super) fn read(text: &str) -> Option<ServerFrame> {
    let mut frame: Value = json::read(text).ok()?;
    let kind = frame.get_mut("type")?.take();
    Some(match kind.as_str()? {
        "hello" => ServerFrame::Hello { head: field(&mut frame, "head")? },
        "events" => ServerFrame::Events { events: field(&mut frame, "events")? },
        "high_water" => ServerFrame::HighWater { seq: field(&mut frame, "seq")? },
        "resync" => ServerFrame::Resync { head: field(&mut frame, "head")? },
        "transient" => ServerFrame::Transient(transient(frame)?),
        _ => return None,
    })
}

fn transient(mut frame: Value) -> Option<Transient> {
    let kind = frame.get_mut("kind")?.take();
    Some(match kind.as_str()? {
        "log" => Transient::Log { task_id: field(&mut frame, "task_id")?, lines: field(&mut frame, "lines")? },
        "progress" => Transient::Progress {
            task_id: field(&mut frame, "task_id")?,
            fraction: field(&mut frame, "fraction")?,
            message: field(&mut frame, "message")?,
            written: field(&mut frame, "written"),
        },
        "message" => Transient::Message(json::of(frame).ok()?),
        _ => return None,
    })
}

fn field<T: DeserializeOwned>(frame: &mut Value, name: &str) -> Option<T> {
    json::of(frame.get_mut(name)?.take()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    /// Every kind of frame, as the server writes it.
    fn frames() -> Vec<Value> {
        let task = "0197b7f2-5b2c-7c3e-9d2a-0123456789ab";
        vec![
            json!({"type": "hello", "head": 7}),
            json!({"type": "events", "events": []}),
            json!({"type": "events", "events": [{
                "seq": 8, "at": "2026-01-02T03:04:05Z", "project_id": "0197b7f2-5b2c-7c3e-9d2a-0123456789ab",
                "actor": {"kind": "user", "id": "0197b7f2-5b2c-7c3e-9d2a-0123456789ac", "email": "a@b.c"},
                "kind": "task.queued", "subject": format!("task:{task}"), "data": {"a": [1, null]},
            }]}),
            json!({"type": "high_water", "seq": 9}),
            json!({"type": "resync", "head": 10}),
            json!({"type": "transient", "kind": "log", "task_id": task, "lines": []}),
            json!({"type": "transient", "kind": "progress", "task_id": task, "fraction": 0.5, "message": "half"}),
            json!({"type": "transient", "kind": "progress", "task_id": task, "fraction": 0.5, "message": "half", "written": "Once upon"}),
            json!({"type": "transient", "kind": "message", "id": task, "topic": "t", "size": 7, "payload": {"x": 1}, "at": "2026-01-02T03:04:05Z", "publisher": "someone"}),
        ]
    }

    #[test]
    fn every_frame_says_what_serde_reads_in_it() {
        for frame in frames() {
            let theirs = serde_json::from_value::<ServerFrame>(frame.clone());
            assert!(theirs.is_ok(), "{frame}: {theirs:?}");
            assert_eq!(read(&frame.to_string()), theirs.ok(), "{frame}");
        }
    }

    #[test]
    fn what_is_unknown_or_broken_is_no_frame() {
        for text in
            ["", "{", "[]", "{}", r#"{"type": "new"}"#, r#"{"type": "hello"}"#, r#"{"type": "transient", "kind": "new"}"#, r#"{"type": 3}"#]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
