//! What does an event carry? JSON that is written once, stored and sent as that text, and parsed only by whoever reads it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// The payload of an event.
#[derive(Debug, Clone)]
pub struct Payload(Form);

#[derive(Debug, Clone)]
enum Form {
    /// Written by this program, or read from storage.
    Text(Box<RawValue>),
    /// Received: a frame with a tag is parsed before its parts are known, so its text is gone.
    Parsed(Value),
}

impl Payload {
    /// Writes a thing down.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn of(thing: &impl Serialize) -> Result<Self, serde_json::Error> {
        to_raw_value(thing).map(|text| Self(Form::Text(text)))
    }

    /// From text that was stored.
    ///
    /// # Errors
    /// If it is no JSON.
    pub fn from_text(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text.into()).map(|text| Self(Form::Text(text)))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        match &self.0 {
            Form::Text(text) => text.get().into(),
            Form::Parsed(value) => value.to_string().into(),
        }
    }

    /// The thing that it tells of.
    ///
    /// # Errors
    /// If it tells of something else.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match &self.0 {
            Form::Text(text) => serde_json::from_str(text.get()),
            // By way of its text: reading from a value would be a second copy of the code in the browser.
            Form::Parsed(value) => serde_json::from_str(&value.to_string()),
        }
    }

    /// As a value; `null` where there is none.
    #[must_use]
    pub fn value(&self) -> Value {
        self.read().unwrap_or_default()
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self(Form::Parsed(Value::Null))
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self(Form::Parsed(value))
    }
}

/// Equal if they say the same, in whatever order.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text() || self.value() == other.value()
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Text(text) => text.serialize(serializer),
            Form::Parsed(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_payload_is_sent_as_it_was_written_and_reads_back() {
        let payload = Payload::of(&json!({"a": [1, "\u{e9}"]})).unwrap();
        assert_eq!(payload.text(), "{\"a\":[1,\"\u{e9}\"]}");
        assert_eq!(serde_json::to_string(&payload).unwrap(), payload.text());
        let received: Payload = serde_json::from_str(&payload.text()).unwrap();
        assert_eq!(received, payload);
        assert_eq!(received.read::<std::collections::BTreeMap<String, Value>>().unwrap()["a"], json!([1, "\u{e9}"]));
        assert!(Payload::from_text("{").is_err());
        assert_ne!(Payload::of(&1).unwrap(), Payload::of(&2).unwrap());
    }
}
