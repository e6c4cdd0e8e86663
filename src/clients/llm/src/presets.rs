//! Which providers are known? What is filled in for whoever configures one of their models; everything can be changed.

use baton_domain::model::ModelTier;
use baton_domain::wire::model::{ModelPreset, ModelSettings};

fn settings(base_url: &str, model: &str, tier: ModelTier, context_tokens: u32) -> ModelSettings {
    ModelSettings {
        base_url: base_url.to_owned(),
        model: model.to_owned(),
        tier,
        context_tokens,
        prompt_micros_per_million: 0,
        completion_micros_per_million: 0,
        concurrency: 4,
        per_minute: 60,
        timeout_ms: 60_000,
        rank: 100,
        enabled: true,
        private: false,
        embeds: false,
        ca_pem: None,
        capabilities: None,
    }
}

/// Known providers. Prices are left at zero: they change, and a wrong one would be worse than none.
#[must_use]
pub fn all() -> Vec<ModelPreset> {
    let preset = |id: &str, title: &str, note: &str, settings: ModelSettings, needs_key: bool| ModelPreset {
        id: id.to_owned(),
        title: title.to_owned(),
        note: note.to_owned(),
        settings,
        needs_key,
    };
    let local =
        |settings: ModelSettings| ModelSettings { private: true, concurrency: 1, per_minute: 10_000, timeout_ms: 300_000, ..settings };
    vec![
        preset(
            "tcs_genai_lab",
            "TCS GenAI Lab",
            "A gateway in the manner of LiteLLM with a bearer key. Its certificate may come from a private authority: paste that authority's \
             PEM; verification is never switched off.",
            settings("https://genailab.tcs.in/v1", "azure/genailab-maas-gpt-4o-mini", ModelTier::Medium, 128_000),
            true,
        ),
        preset(
            "openai",
            "OpenAI",
            "Set the prices of the model that you use.",
            settings("https://api.openai.com/v1", "gpt-4o-mini", ModelTier::Medium, 128_000),
            true,
        ),
        preset(
            "azure_openai",
            "Azure OpenAI",
            "The address holds the name of your resource; the model is the name of your deployment.",
            settings("https://RESOURCE.openai.azure.com/openai/v1", "DEPLOYMENT", ModelTier::Medium, 128_000),
            true,
        ),
        preset(
            "mistral",
            "Mistral",
            "Set the prices of the model that you use.",
            settings("https://api.mistral.ai/v1", "mistral-small-latest", ModelTier::Medium, 32_000),
            true,
        ),
        preset(
            "openrouter",
            "OpenRouter",
            "Many models behind one key; write the model with its vendor.",
            settings("https://openrouter.ai/api/v1", "meta-llama/llama-3.3-70b-instruct", ModelTier::Large, 128_000),
            true,
        ),
        preset(
            "ollama",
            "Ollama",
            "A model on this machine or network; the server must allow private hosts.",
            local(settings("http://127.0.0.1:11434/v1", "llama3.2", ModelTier::Small, 8_192)),
            false,
        ),
        preset(
            "llama_cpp",
            "llama.cpp server",
            "A model on this machine or network.",
            local(settings("http://127.0.0.1:8080/v1", "default", ModelTier::Small, 8_192)),
            false,
        ),
        preset(
            "vllm",
            "vLLM",
            "A model on this machine or network.",
            local(settings("http://127.0.0.1:8000/v1", "MODEL", ModelTier::Medium, 32_000)),
            false,
        ),
        preset(
            "custom",
            "Another OpenAI-compatible API",
            "Anything that answers POST /chat/completions.",
            settings("https://", "", ModelTier::Medium, 8_192),
            true,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lab_is_among_them_and_no_name_comes_twice() {
        let presets = all();
        assert!(presets.iter().any(|preset| preset.id == "tcs_genai_lab" && preset.settings.base_url == "https://genailab.tcs.in/v1"));
        for (place, preset) in presets.iter().enumerate() {
            assert!(presets[place + 1..].iter().all(|other| other.id != preset.id), "{}", preset.id);
        }
    }
}
