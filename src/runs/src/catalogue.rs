//! Which skills and workflows does a document find today?

use std::collections::BTreeMap;

use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_workflow::{Catalogue, Interface, Known, Workflow, parse};

use crate::parts::Parts;

/// The most names of workflows that are looked through for what was meant.
const MAXIMUM_NAMES: u32 = 500;

/// Today's skills, and the workflows that a document uses, directly or through others.
pub(crate) struct Today {
    known: Known,
    names: Vec<String>,
}

impl Catalogue for Today {
    fn skill(&self, name: &str) -> Option<&Interface> {
        self.known.skill(name)
    }

    fn workflow(&self, name: &str) -> Option<&Interface> {
        self.known.workflow(name)
    }

    fn skills(&self) -> Vec<&str> {
        self.known.skills()
    }

    fn workflows(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }
}

/// The catalogue for one document.
pub(crate) async fn today(parts: &Parts, caller: &Caller, document: &Workflow) -> Answer<Today> {
    then(parts, caller, document, &BTreeMap::new()).await
}

/// The same with the workflows of which a version is known as they were in that, in use or not.
pub(crate) async fn then(parts: &Parts, caller: &Caller, document: &Workflow, pins: &BTreeMap<String, u32>) -> Answer<Today> {
    let mut known = Known::new();
    for skill in parts.agents.skills(caller).await? {
        known.add_skill(skill.name, skill.input_schema, skill.output_schema);
    }
    let used = |document: &Workflow| -> Vec<String> { document.uses_workflows().iter().map(|used| used.name.clone()).collect() };
    let mut found: BTreeMap<String, Option<Workflow>> = BTreeMap::new();
    let mut open = used(document);
    while let Some(name) = open.pop() {
        if name == document.name || found.contains_key(&name) {
            continue;
        }
        let version = pins.get(&name).copied();
        let record = parts.workflows.workflow(caller.project, &name, version).await?.filter(|record| version.is_some() || !record.retired);
        let read = record.and_then(|record| parse(&record.text).ok());
        open.extend(read.as_ref().map(&used).unwrap_or_default());
        found.insert(name, read);
    }
    // What a workflow uses is added before it, since its outputs are typed by that; of a circle, which is refused, some order will do.
    let mut left: BTreeMap<String, Workflow> = found.into_iter().filter_map(|(name, read)| Some((name, read?))).collect();
    while !left.is_empty() {
        let ready = |document: &Workflow| document.uses_workflows().iter().all(|used| !left.contains_key(&used.name));
        let next = left.iter().find(|(_, document)| ready(document)).or_else(|| left.iter().next()).map(|(name, _)| name.clone());
        let Some(document) = next.and_then(|name| left.remove(&name)) else {
            break;
        };
        known.add_workflow(&document);
    }
    let (names, _) = parts.workflows.workflows(caller.project, None, MAXIMUM_NAMES).await?;
    Ok(Today { known, names: names.into_iter().map(|record| record.name).collect() })
}
