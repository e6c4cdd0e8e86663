//! Of which family is the model that answers for an agent? Voters of one model make the same mistakes, and a judge favours its own kind.

use baton_domain::wire::agent::AgentView;
use baton_domain::wire::decision::DecisionTask;
use baton_domain::wire::model::ModelSettings;
use baton_storage::SettingsRecord;
use serde_json::Value;

use crate::cast::IN_WORDS;

/// The label by which an agent says which model answers for it, as `model:claude-sonnet`: the name of a configured one, or of its own.
const OF_MODEL: &str = "model:";

/// The words by which families are known, without the digits behind them, and what each family is called.
const FAMILIES: [(&str, &str); 28] = [
    ("gpt", "gpt"),
    ("chatgpt", "gpt"),
    ("davinci", "gpt"),
    ("o1", "gpt"),
    ("o3", "gpt"),
    ("o4", "gpt"),
    ("claude", "claude"),
    ("gemini", "gemini"),
    ("gemma", "gemma"),
    ("llama", "llama"),
    ("codellama", "llama"),
    ("mistral", "mistral"),
    ("mixtral", "mistral"),
    ("codestral", "mistral"),
    ("ministral", "mistral"),
    ("deepseek", "deepseek"),
    ("qwen", "qwen"),
    ("qwq", "qwen"),
    ("phi", "phi"),
    ("command", "command"),
    ("grok", "grok"),
    ("smollm", "smollm"),
    ("nova", "nova"),
    ("kimi", "kimi"),
    ("glm", "glm"),
    ("granite", "granite"),
    ("falcon", "falcon"),
    ("olmo", "olmo"),
];

/// The models that may answer, in the order in which they are asked: what they are called here, and at their providers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Models(Vec<(String, String)>);

impl Models {
    /// Those of the stored ones that are switched on and answer.
    pub(crate) fn of(records: Vec<SettingsRecord>) -> Self {
        let read = |record: SettingsRecord| {
            let settings: ModelSettings = serde_json::from_value(record.settings).ok()?;
            (settings.enabled && !settings.embeds).then_some((settings.rank, record.name, settings.model))
        };
        let mut models: Vec<(u32, String, String)> = records.into_iter().filter_map(read).collect();
        models.sort();
        Self(models.into_iter().map(|(_, name, model)| (name, model)).collect())
    }

    /// The family of what answers for an agent that runs the task, or is asked in words; none where that is not known. An agent that can be asked in
    /// words and says nothing of a model of its own is taken to be answered by the one that is asked first.
    pub(crate) fn answers_for(&self, agent: &AgentView, task: Option<&DecisionTask>) -> Option<String> {
        let own = agent.labels.iter().find_map(|label| label.strip_prefix(OF_MODEL)).filter(|name| !name.is_empty());
        if let Some(own) = own {
            return Some(self.named(own));
        }
        if !agent.skills.iter().any(|skill| skill == IN_WORDS) {
            return None;
        }
        let wanted = task.filter(|task| task.skill == IN_WORDS).and_then(|task| task.input.get("model")).and_then(Value::as_str);
        match wanted {
            Some(name) => Some(self.named(name)),
            None => self.0.first().map(|(_, model)| family(model)),
        }
    }

    fn named(&self, name: &str) -> String {
        let configured = self.0.iter().find(|(known, _)| known == name).map(|(_, model)| model.as_str());
        family(configured.unwrap_or(name))
    }
}

/// The family of a model by its name at a provider: by the first of its words that names one, else its own name.
fn family(model: &str) -> String {
    let name = model.trim().to_lowercase();
    let named = name.split(|letter: char| !letter.is_ascii_alphanumeric()).find_map(|word| {
        let bare = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        FAMILIES.iter().find(|(known, _)| *known == word || *known == bare).map(|(_, family)| (*family).to_owned())
    });
    named.unwrap_or_else(|| name.rsplit('/').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn families_are_known_by_the_names_of_models() {
        for (model, wanted) in [
            ("azure/genailab-maas-gpt-4o-mini", "gpt"),
            ("o3-mini", "gpt"),
            ("anthropic/claude-sonnet-4", "claude"),
            ("meta-llama/Llama-3.1-8B-Instruct", "llama"),
            ("mistralai/Mixtral-8x7B", "mistral"),
            ("qwen2.5:7b", "qwen"),
            ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek"),
            ("HuggingFaceTB/SmolLM2-135M", "smollm"),
            ("acme/House-One", "house-one"),
            ("acme/house-two", "house-two"),
        ] {
            assert_eq!(family(model), wanted, "{model}");
        }
    }
}
