//! Which step comes before which?

use std::collections::{BTreeSet, HashMap, VecDeque};

use baton_domain::problem::Code;

use crate::document::{OnFailure, Workflow};
use crate::problem::{Position, Problems, below, suggestion};

/// The steps of a workflow by their places in the document, and what each needs. Needs are those that a step states and those that its
/// expressions read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    /// What each step needs, without those whose failure it handles.
    pub needs: Vec<Vec<usize>>,
    /// Whose failure each step handles.
    pub guards: Vec<Vec<usize>>,
    /// Which steps come right after each: those that need it and the one that handles its failure.
    pub followers: Vec<Vec<usize>>,
    /// All steps, each after those that it needs.
    pub order: Vec<usize>,
    ids: HashMap<String, usize>,
}

impl Graph {
    /// The place of the step with this id.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    /// What comes before a step: what it needs and what it guards.
    pub fn before(&self, step: usize) -> impl Iterator<Item = usize> {
        let needs = self.needs.get(step).into_iter().flatten();
        needs.chain(self.guards.get(step).into_iter().flatten()).copied()
    }

    /// A step's followers, their followers and so on, without itself, in order.
    #[must_use]
    pub fn after(&self, steps: &[usize]) -> Vec<usize> {
        let mut reached = vec![false; self.needs.len()];
        let mut open = steps.to_vec();
        while let Some(step) = open.pop() {
            for follower in self.followers.get(step).into_iter().flatten() {
                if let Some(seen) = reached.get_mut(*follower)
                    && !*seen
                {
                    *seen = true;
                    open.push(*follower);
                }
            }
        }
        self.order.iter().copied().filter(|step| reached.get(*step) == Some(&true)).collect()
    }

    /// Reads the graph; steps that do not exist and circles are added to the problems. With problems the order is not complete.
    pub(crate) fn read(workflow: &Workflow, problems: &mut Problems) -> Self {
        let count = workflow.steps.len();
        let ids: HashMap<String, usize> = workflow.steps.iter().enumerate().map(|(place, step)| (step.id.clone(), place)).collect();
        let mut graph = Self {
            needs: vec![Vec::new(); count],
            guards: vec![Vec::new(); count],
            followers: vec![Vec::new(); count],
            order: Vec::new(),
            ids,
        };
        for (place, step) in workflow.steps.iter().enumerate() {
            if let OnFailure::Run(handler) = &step.on_failure
                && let Some(handler) = graph.find(workflow, &handler.name, handler.at, &step.path, "on_failure", problems)
            {
                graph.guards[handler].push(place);
            }
        }
        for (place, step) in workflow.steps.iter().enumerate() {
            let mut wanted: Vec<usize> = Vec::new();
            for need in &step.needs {
                wanted.extend(graph.find(workflow, &need.name, need.at, &step.path, "needs", problems));
            }
            let mut read = Vec::new();
            step.expressions(&mut |expression| expression.steps(&mut read));
            for (id, at) in read {
                match graph.find(workflow, id, at, &step.path, "", problems) {
                    Some(found) if found == place => {
                        let message = format!("the step `{id}` reads its own outcome");
                        problems.add(Code::WorkflowCycle, at, step.path.clone(), message, "Read another step.");
                    }
                    found => wanted.extend(found),
                }
            }
            wanted.retain(|need| !graph.guards[place].contains(need) && *need != place);
            wanted.sort_unstable();
            wanted.dedup();
            graph.needs[place] = wanted;
        }
        for output in &workflow.outputs {
            let mut read = Vec::new();
            output.value.expressions(&mut |expression| expression.steps(&mut read));
            for (id, at) in read {
                if graph.place(id).is_none() {
                    graph.unknown(workflow, id, at, below("/outputs", &output.name), problems);
                }
            }
        }
        graph.follow();
        graph.sort(workflow, problems);
        graph
    }

    fn find(&self, workflow: &Workflow, id: &str, at: Position, path: &str, key: &str, problems: &mut Problems) -> Option<usize> {
        let found = self.place(id);
        if found.is_none() {
            self.unknown(workflow, id, at, if key.is_empty() { path.to_owned() } else { below(path, key) }, problems);
        }
        found
    }

    fn unknown(&self, workflow: &Workflow, id: &str, at: Position, path: String, problems: &mut Problems) {
        const NAMED: usize = 20;
        if problems.is_full() {
            return;
        }
        let ids = || workflow.steps.iter().map(|step| step.id.as_str());
        let advice = suggestion(id, ids(), || format!("Steps are {}.", ids().take(NAMED).collect::<Vec<_>>().join(", ")));
        problems.add(Code::WorkflowUnknownStep, at, path, format!("there is no step `{id}`"), advice);
    }

    fn follow(&mut self) {
        for step in 0..self.needs.len() {
            for before in self.before(step).collect::<Vec<_>>() {
                self.followers[before].push(step);
            }
        }
    }

    /// Kahn's algorithm; among steps that could be next the one that stands first in the document is. What is left over stands on a circle or
    /// comes after one.
    fn sort(&mut self, workflow: &Workflow, problems: &mut Problems) {
        let count = self.needs.len();
        let mut waiting: Vec<usize> = (0..count).map(|step| self.before(step).count()).collect();
        let mut ready: BTreeSet<usize> = (0..count).filter(|step| waiting[*step] == 0).collect();
        while let Some(step) = ready.pop_first() {
            self.order.push(step);
            for follower in &self.followers[step] {
                waiting[*follower] -= 1;
                if waiting[*follower] == 0 {
                    ready.insert(*follower);
                }
            }
        }
        for component in self.circles(&waiting) {
            let Some(step) = component.first().copied() else { continue };
            let circle = self.circle(step, &component);
            let names: Vec<&str> = circle.iter().chain(circle.first()).map(|step| workflow.steps[*step].id.as_str()).collect();
            let first = &workflow.steps[step];
            problems.add(
                Code::WorkflowCycle,
                first.at,
                first.path.clone(),
                format!("steps need one another in a circle: {}", names.join(" needs ")),
                "Take one of these references out.",
            );
        }
    }

    /// The strongly connected components of more than one step among those that wait, the one that stands first in the document first (Tarjan, 1972);
    /// and steps that handle their own failure.
    fn circles(&self, waiting: &[usize]) -> Vec<BTreeSet<usize>> {
        let count = self.needs.len();
        let mut number = vec![usize::MAX; count];
        let mut low = vec![0; count];
        let mut open = vec![false; count];
        let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 0);
        for root in (0..count).filter(|step| waiting[*step] > 0) {
            if number[root] != usize::MAX {
                continue;
            }
            // Each step on its way, with the next of its followers to look at: not by recursion, for there may be thousands.
            let mut way = vec![(root, 0)];
            while let Some((step, at)) = way.last_mut() {
                let step = *step;
                if *at == 0 {
                    (number[step], low[step], open[step]) = (next, next, true);
                    stack.push(step);
                    next += 1;
                }
                let follower = self.followers[step].get(*at).copied();
                *at += 1;
                match follower {
                    Some(follower) if number[follower] == usize::MAX => way.push((follower, 0)),
                    Some(follower) if open[follower] => low[step] = low[step].min(number[follower]),
                    Some(_) => {}
                    None => {
                        way.pop();
                        if let Some((before, _)) = way.last() {
                            low[*before] = low[*before].min(low[step]);
                        }
                        if low[step] == number[step] {
                            let from = stack.iter().rposition(|other| *other == step).unwrap_or(0);
                            let component: BTreeSet<usize> = stack.drain(from..).collect();
                            component.iter().for_each(|step| open[*step] = false);
                            if component.len() > 1 || self.followers[step].contains(&step) {
                                found.push(component);
                            }
                        }
                    }
                }
            }
        }
        found.sort_by_key(|component| component.first().copied());
        found
    }

    /// The shortest circle through a step within its component, from need to need.
    fn circle(&self, start: usize, component: &BTreeSet<usize>) -> Vec<usize> {
        let mut came: HashMap<usize, usize> = HashMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(step) = open.pop_front() {
            for need in self.before(step).filter(|need| component.contains(need)) {
                if need == start {
                    let mut circle = vec![step];
                    let mut at = step;
                    while let Some(from) = came.get(&at) {
                        circle.push(*from);
                        at = *from;
                    }
                    circle.reverse();
                    return circle;
                }
                if need != start && !came.contains_key(&need) {
                    came.insert(need, step);
                    open.push_back(need);
                }
            }
        }
        vec![start]
    }
}
