//! Which document is written, what is it called, and which steps does it tell of?

mod note;
mod references;
mod render;
mod report;

use crate::builder::{Builder, Planned};
use crate::draft::clipped;
use crate::words::{Kind, Token};

impl Builder<'_> {
    pub(super) fn documents(&mut self) -> Planned<()> {
        match self.now.capability {
            "report" => self.report(),
            "note" => self.note(),
            "render" => self.render(),
            "changelog" => self.changelog(),
            _ => self.api_docs(),
        }
    }

    /// What a step found, in words; `None` where only the whole result says it.
    pub(crate) fn brief(&self, step: usize) -> Option<String> {
        let built = &self.steps[step];
        let out = self.output(step);
        let one = |base: &str| -> Option<String> {
            Some(match built.draft.uses.as_str() {
                "nlp.summarize" | "web_automation.article" => format!("{base}.text"),
                "nlp.translate" => format!("{base}.translation"),
                "nlp.keywords" => format!("join(map({base}.keywords, k => k.term))"),
                "nlp.sentiment" => format!("{base}.label"),
                "nlp.detect_language" => format!("{base}.name"),
                "nlp.classify" => format!("text({base}.label ?? 'none')"),
                "data_science.forecast"
                | "data_science.anomalies"
                | "data_science.test"
                | "data_science.train"
                | "data_science.predict" => format!("{base}.summary"),
                "code_analysis.security_audit"
                | "code_analysis.secrets"
                | "code_analysis.performance_review"
                | "code_analysis.best_practices"
                | "code_analysis.dependencies" => {
                    format!("join([text({base}.summary.findings), 'findings'], ' ')")
                }
                "web_automation.links" => format!("join(map({base}.links, l => l.url), ', ')"),
                "web_automation.watch" => format!("{base}.state"),
                "documentation.render" => format!("default({base}.markdown, ' ')"),
                _ => return None,
            })
        };
        if built.list { one("r").map(|inner| format!("join(map({out}, r => {inner}), '; ')")) } else { one(&out) }
    }

    /// The steps that a document tells of: those that are wanted for themselves.
    fn told(&self) -> Vec<usize> {
        let wanted: Vec<usize> = (0..self.steps.len())
            .filter(|place| !self.steps[*place].bridge && self.steps[*place].draft.uses != "documentation.report")
            .collect();
        if wanted.is_empty() { (0..self.steps.len()).collect() } else { wanted }
    }

    /// A condition for a step that tells of steps that may be skipped; `None` if all of them run.
    fn even_if_skipped(&self, told: &[usize]) -> Option<String> {
        if let Some(own) = &self.condition {
            return Some(own.clone());
        }
        if !told.iter().any(|place| self.steps[*place].conditional) {
            return None;
        }
        let sure = told
            .iter()
            .filter(|place| !self.steps[**place].conditional)
            .map(|place| format!("steps.{}.status == 'completed'", self.steps[*place].draft.id));
        Some(std::iter::once("always()".to_owned()).chain(sure).collect::<Vec<_>>().join(" && "))
    }

    /// An expression of a step that may have been skipped.
    fn guarded(&self, step: usize, expr: &str, otherwise: &str) -> String {
        if self.steps[step].conditional && self.condition.is_none() { format!("default({expr}, {otherwise})") } else { expr.to_owned() }
    }

    fn title(&self) -> Option<String> {
        let sentence = self.sentence();
        let quoted: Vec<&Token> = sentence
            .iter()
            .filter(|token| token.kind == Kind::Quoted && !token.text.contains(['.', '#', '<']) && token.text.len() > 2)
            .collect();
        let at = quoted.iter().find(|token| {
            let place = sentence.iter().position(|other| other.start == token.start).unwrap_or(0);
            let before = |word: &str| sentence[..place].iter().rev().take(3).any(|token| token.is(word));
            [
                "called", "titled", "title", "named", "report", "page", "document", "heading", "note", "headline", "list", "file",
                "titled", "headed", "entitled", "paper", "sheet", "memo", "brief",
            ]
            .iter()
            .any(|word| before(word))
        });
        let said = at.map(|token| token.text.clone());
        // A heading may be said in another sentence; a quotation that no column has is one.
        said.or_else(|| {
            let tokens = &self.reading.tokens;
            let called = (1..tokens.len()).find(|place| {
                let near = tokens[place.saturating_sub(2)..*place]
                    .iter()
                    .any(|token| token.is_any(&["called", "titled", "title", "heading", "headed", "headline", "entitled"]));
                tokens[*place].kind == Kind::Quoted && near
            });
            called.map(|place| tokens[place].text.clone())
        })
    }
}

/// A heading of some words of a goal.
fn heading(text: &str) -> String {
    let plain: String = text.split(['.', '\n', ';']).next().unwrap_or(text).chars().filter(|letter| !letter.is_control()).collect();
    clipped(&plain, 120)
}
