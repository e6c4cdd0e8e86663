//! What rules find in a source: one walk that follows values and holds calls and assignments against rules, then the queries.

mod explosive;
pub(crate) mod expression;
pub(crate) mod flow;
mod names;
mod queries;
pub(crate) mod rule;
pub(crate) mod shape;
mod summary;
mod walk;

use std::sync::{Arc, Mutex, PoisonError};

use baton_agents_runtime::SkillError;
use serde::Serialize;
use tree_sitter::Language as Grammar;

use crate::allowance::Allowance;
use crate::languages::Facts;
use crate::rules::Severity;
use crate::tree::Parsed;
use flow::{Knowledge, Scopes};
use names::Names;
use queries::Queries;
use rule::{Catalogue, Confidence, Kind, Rule};
use summary::Summary;
use walk::Walk;

/// Nodes between two looks at whether to stop.
const CHECK_EVERY: u64 = 1_024;
/// The most walks over one file: values are followed through so many functions, less one.
const WALKS: u32 = 4;
/// The most findings of one file that are kept.
pub(crate) const FILE_FINDINGS: usize = 500;
/// Something that a rule found. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) cwe: Vec<String>,
    pub(crate) message: String,
    pub(crate) advice: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
    pub(crate) snippet: String,
    /// The line at which untrusted data enters, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_line: Option<u32>,
    pub(crate) fingerprint: String,
}

/// A catalogue with its queries compiled for one language.
pub(crate) struct Ready<'a> {
    known: Knowledge<'a>,
    rules: Vec<&'a Rule>,
    /// The forms of calls and assignments by name: the rule's place and the form's.
    calls: Names<'a, (usize, usize)>,
    assigns: Names<'a, (usize, usize)>,
    /// The forms for what is no call but looked at like one.
    texts: Vec<(usize, usize)>,
    returns: Vec<(usize, usize)>,
    answers: Vec<(usize, usize)>,
    regexes: Vec<(usize, usize)>,
    /// The queries of each rule, for each grammar that was met; compiling them takes longer than running them.
    queries: Mutex<Vec<(Grammar, Arc<Queries>)>>,
}

impl<'a> Ready<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, facts: &'static Facts) -> Self {
        let rules: Vec<&Rule> = catalogue.of(facts.name).collect();
        let (mut calls, mut assigns) = (Names::default(), Names::default());
        let (mut texts, mut returns, mut answers, mut regexes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, rule) in rules.iter().enumerate() {
            for (names, forms) in [(&mut calls, &rule.calls), (&mut assigns, &rule.assigns)] {
                for (form, compiled) in forms.iter().enumerate() {
                    for name in &compiled.form.name {
                        match name.as_str() {
                            "<text>" => texts.push((place, form)),
                            "<return>" => returns.push((place, form)),
                            "<answer>" => answers.push((place, form)),
                            "<regex>" => regexes.push((place, form)),
                            _ => names.add(name, (place, form)),
                        }
                    }
                }
            }
        }
        let known = Knowledge::of(catalogue.flows(), facts.name);
        Self { known, rules, calls, assigns, texts, returns, answers, regexes, queries: Mutex::default() }
    }

    /// The shipped rules of a kind for one language; made once, and kept, since it takes longer than a review of a small source.
    pub(crate) fn shipped(kind: Kind, facts: &'static Facts) -> Result<Arc<Ready<'static>>, SkillError> {
        static READY: Mutex<Vec<(Kind, &str, Arc<Ready<'static>>)>> = Mutex::new(Vec::new());
        let catalogue = Catalogue::shipped(kind)?;
        let mut all = READY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, ready)) = all.iter().find(|(known, language, _)| *known == kind && *language == facts.name) {
            return Ok(Arc::clone(ready));
        }
        let ready = Arc::new(Ready::new(catalogue, facts));
        all.push((kind, facts.name, Arc::clone(&ready)));
        Ok(ready)
    }

    fn compiled(&self, grammar: &Grammar) -> Arc<Queries> {
        let mut all = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, queries)) = all.iter().find(|(known, _)| known == grammar) {
            return Arc::clone(queries);
        }
        let queries = Arc::new(Queries::of(grammar, &self.rules));
        all.push((grammar.clone(), Arc::clone(&queries)));
        queries
    }

    /// What the rules find in a source, and how much of it they looked at before the time was over; 1 if all of it.
    pub(crate) fn find(&self, allowance: &Allowance<'_>, parsed: &Parsed, text: &str, file: &str) -> Result<(Vec<Found>, f64), SkillError> {
        let total = parsed.tree.root_node().descendant_count().max(1) as f64;
        let applies = |rule: &Rule| {
            rule.file_matches.as_ref().is_none_or(|regex| regex.is_match(text))
                && rule.file_not_matches.as_ref().is_none_or(|regex| !regex.is_match(text))
        };
        let active: Vec<bool> = self.rules.iter().map(|rule| applies(rule)).collect();
        // What one walk learns of the file's functions serves the next.
        let mut summary = Summary::of(allowance, &parsed.tree, text)?;
        let mut walks = 1;
        let (mut found, share) = loop {
            let mut walk = Walk::new(self, &active, Scopes::new(text, &self.known, allowance, &summary), text, file);
            let mut share = 1.0;
            let mut cursor = parsed.tree.walk();
            let mut seen = 0u64;
            'nodes: loop {
                seen += 1;
                if seen.is_multiple_of(CHECK_EVERY) {
                    allowance.context().check()?;
                    if allowance.is_over() {
                        // Half of the work is the walk, half the queries.
                        share = (seen as f64 / total).min(1.0) / 2.0;
                        break;
                    }
                }
                let node = cursor.node();
                walk.enter(node);
                if cursor.goto_first_child() {
                    walk.around.push(node);
                    continue;
                }
                loop {
                    let condition =
                        walk.around.last().is_some_and(|parent| shape::is_branch(parent.kind()) || parent.kind() == "match_pattern")
                            && cursor.field_name() == Some("condition");
                    walk.leave(cursor.node(), condition);
                    if cursor.goto_next_sibling() {
                        break;
                    }
                    walk.around.pop();
                    if !cursor.goto_parent() {
                        break 'nodes;
                    }
                }
            }
            let learned = std::mem::take(&mut walk.scopes.learned);
            if share >= 1.0 && walks < WALKS && learned.is_worth_another_walk() && learned != summary {
                summary = learned;
                walks += 1;
                continue;
            }
            if share >= 1.0 {
                share = walk.query(allowance, parsed, &self.compiled(&parsed.grammar));
            }
            allowance.context().check()?;
            break (walk.found, share);
        };
        found.sort_by(|a, b| (a.line, a.column, &a.rule).cmp(&(b.line, b.column, &b.rule)));
        found.dedup_by(|a, b| a.line == b.line && a.rule == b.rule);
        Ok((found, share))
    }
}
