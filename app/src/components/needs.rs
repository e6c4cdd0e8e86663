//! How is it said what an attempt needs: of its host, of a language model, of the network?

use baton_domain::agent::{Needs, Skill};

/// The needs in words.
#[must_use]
pub fn needs_words(needs: &Needs) -> String {
    let mut parts = Vec::new();
    if needs.cpu_millicores > 0 {
        parts.push(cores(needs.cpu_millicores));
    }
    if needs.memory_mib > 0 {
        parts.push(format!("{} MiB", needs.memory_mib));
    }
    parts.extend(needs.model.as_ref().map(|model| match model.as_str() {
        Needs::LANGUAGE_MODEL => "a language model".to_owned(),
        model => format!("the model {model}"),
    }));
    if parts.is_empty() { "needs nothing of its host".to_owned() } else { format!("needs {}", parts.join(", ")) }
}

/// What a skill reaches out to, in words; nothing for one that keeps to itself.
#[must_use]
pub fn reach_words(skill: &Skill) -> Option<String> {
    let model = skill.model.map(|need| {
        let least = need.least.as_str();
        if need.optional {
            format!("uses a language model of at least the class “{least}” where there is one")
        } else {
            format!("needs a language model of at least the class “{least}”")
        }
    });
    let network = skill.network.then(|| "reaches out to the network".to_owned());
    let words = [model, network].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut letters = words.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// Thousandths of a core as cores.
#[must_use]
pub fn cores(millicores: u32) -> String {
    let number = format!("{:.2}", f64::from(millicores) / 1_000.0);
    let number = number.trim_end_matches('0').trim_end_matches('.');
    if millicores == 1_000 { "1 core".to_owned() } else { format!("{number} cores") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_said_in_words() {
        assert_eq!(needs_words(&Needs::default()), "needs nothing of its host");
        let needs = Needs { cpu_millicores: 1_000, memory_mib: 256, model: Some("small".into()) };
        assert_eq!(needs_words(&needs), "needs 1 core, 256 MiB, the model small");
        assert_eq!(needs_words(&Needs::with_language_model(0, 0)), "needs a language model");
        assert_eq!((cores(1_500), cores(250), cores(2_000)), ("1.5 cores".into(), "0.25 cores".into(), "2 cores".into()));
    }
}
