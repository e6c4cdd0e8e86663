//! How is source code looked at, and what becomes of a part that no rule of a family knows?

use serde_json::{Map, Value as Json, json};

use super::numbers::source_language;
use super::sources::{Feed, Need};
use super::{Builder, Planned};
use crate::draft::{ITEM, expression};
use crate::given::Form;
use crate::values::What;

impl Builder<'_> {
    pub(super) fn code(&mut self) -> Planned<()> {
        let skill = match self.now.capability {
            "security" => "code_analysis.security_audit",
            "secrets" => "code_analysis.secrets",
            "metrics" => "code_analysis.metrics",
            "performance" => "code_analysis.performance_review",
            "best_practices" => "code_analysis.best_practices",
            "explain" => "code_analysis.explain",
            "dependencies" => return self.dependencies(),
            _ => return self.by_words(self.now.region),
        };
        self.skill(skill)?;
        let feed = self.source()?;
        let mut with = feed.map();
        if skill != "code_analysis.secrets" && feed.key == "source" {
            let named = source_language(&self.sentence()).or_else(|| source_language(&self.reading.tokens));
            if let Some(language) = named {
                with.insert("language".to_owned(), json!(language));
            }
        }
        if matches!(self.now.capability, "security" | "performance" | "best_practices") {
            let region = self.region();
            let severity = [
                ("error", "error"),
                ("errors", "error"),
                ("serious", "error"),
                ("critical", "error"),
                ("severe", "error"),
                ("warning", "warning"),
                ("warnings", "warning"),
            ];
            let asked = region.iter().any(|token| token.is_any(&["only", "least"]));
            if let Some((_, least)) = severity.iter().find(|(word, _)| asked && region.iter().any(|token| token.is(word))) {
                with.insert("least_severity".to_owned(), json!(least));
            }
        }
        let why = format!("{}.", self.clause());
        let step = self.step(skill, with, feed.list.clone(), &why)?;
        let made = self.product(step, What::Other, "summary", "the findings", None);
        self.values[made] = self.values[made].clone().named(&["findings"]);
        self.current = Some(feed.of);
        Ok(())
    }

    /// Sources to look at.
    pub(crate) fn source(&mut self) -> Planned<Feed> {
        let picked = self.pick(Need::Source, "source code", "Give a source file, a zip file of sources, or its address.")?;
        if let [one] = picked.as_slice() {
            let value = self.values[*one].clone();
            return match value.what {
                What::Address => {
                    let made = self.fetched(*one, "text")?;
                    Ok(self.direct("source", made))
                }
                What::Text => Ok(self.direct("source", *one)),
                // Files that belong together are looked at together.
                What::Artifact(_) if value.list => Ok(Feed { key: "artifacts", value: expression(&value.expr), list: None, of: *one }),
                _ => Ok(self.direct("artifact", *one)),
            };
        }
        let exprs: Vec<String> = picked.iter().map(|place| self.values[*place].expr.clone()).collect();
        if picked.iter().all(|place| matches!(self.values[*place].what, What::Artifact(_)) && !self.values[*place].list) {
            return Ok(Feed {
                key: "artifacts",
                value: Json::Array(exprs.iter().map(|expr| expression(expr)).collect()),
                list: None,
                of: picked[0],
            });
        }
        let candidates: Vec<String> = picked.iter().map(|place| self.values[*place].label.clone()).collect();
        Err(self.ambiguous("the sources are of different kinds".to_owned(), candidates))
    }

    fn dependencies(&mut self) -> Planned<()> {
        self.skill("code_analysis.dependencies")?;
        let is_advice = |name: &str| ["advisor", "osv", "rustsec", "advice", "vulnerabil"].iter().any(|word| name.contains(word));
        let names = |place: usize| self.values[place].names.iter().flatten().any(|name| is_advice(name));
        let advisories: Vec<usize> =
            (0..self.values.len()).filter(|place| matches!(self.values[*place].what, What::Artifact(_)) && names(*place)).collect();
        if advisories.is_empty() {
            return Err(self.missing("a file of advisories", "Give advisories in the form of OSV or RustSec as an input `advisories`."));
        }
        let locks: Vec<usize> = (0..self.values.len())
            .filter(|place| {
                matches!(self.values[*place].what, What::Artifact(form) if !matches!(form, Form::Picture | Form::Recording))
                    && !advisories.contains(place)
                    && self.values[*place].step.is_none()
            })
            .collect();
        let region = self.sentence();
        let spoken: Vec<usize> = locks.iter().copied().filter(|place| self.values[*place].mentioned(&region).is_some()).collect();
        let locks = if spoken.is_empty() { locks } else { spoken };
        let list = |places: &[usize], builder: &Self| -> Json {
            match places {
                [one] if builder.values[*one].list => expression(&builder.values[*one].expr),
                _ => Json::Array(places.iter().map(|place| expression(&builder.values[*place].expr)).collect()),
            }
        };
        let mut with = Map::from_iter([("advisories".to_owned(), list(&advisories, self))]);
        match locks.as_slice() {
            [] => return Err(self.missing("a lock file", "Give a lock file, as Cargo.lock or package-lock.json.")),
            [one] if !self.values[*one].list => with.insert("artifact".to_owned(), expression(&self.values[*one].expr)),
            several => with.insert("artifacts".to_owned(), list(several, self)),
        };
        let why = format!("{}.", self.clause());
        let step = self.step("code_analysis.dependencies", with, None, &why)?;
        let made = self.product(step, What::Other, "summary", "the findings", None);
        self.values[made] = self.values[made].clone().named(&["findings"]);
        self.current = locks.first().copied();
        Ok(())
    }

    /// The item of a list, for inputs that take it.
    pub(crate) fn item() -> Json {
        expression(ITEM)
    }
}
