//! Which of the values that are there is a part of the goal about?

use super::{Need, rank};
use crate::builder::{Builder, Planned};
use crate::words::Token;

/// Words that say that all of several are meant.
const ALL: &[&str] = &[
    "each",
    "every",
    "all",
    "both",
    "them",
    "these",
    "those",
    "files",
    "texts",
    "documents",
    "pages",
    "reviews",
    "two",
    "three",
    "four",
    "either",
    "any",
    "one",
    "everything",
    "together",
    "they",
];

impl Builder<'_> {
    /// The values that the present part is about, by their places; several where all of them are meant.
    pub(crate) fn pick(&mut self, need: Need, what: &str, advice: &str) -> Planned<Vec<usize>> {
        let region = self.region();
        let sentence = self.sentence();
        let fits: Vec<usize> =
            (0..self.values.len()).filter(|place| rank(&self.values[*place], need) > 0 && self.is_sure(*place)).collect();
        // What the same sentence has just asked a table for is what it draws.
        if self.now.capability == "chart"
            && let Some(current) =
                self.current.filter(|current| fits.contains(current) && self.values[*current].flows && self.values[*current].step.is_some())
            && self.explanation.clauses.last().is_some_and(|clause| clause.sentence == self.now.sentence)
        {
            self.rules.push(format!("it goes on with {}", self.values[current].label));
            return Ok(vec![current]);
        }
        for (tokens, name) in [(&region, "part"), (&sentence, "sentence")] {
            let spoken = self.spoken_of(&fits, tokens, need);
            // Of two texts that are compared, both are meant, wherever each is named.
            let all = if spoken.len() == 1 && matches!(need, Need::Text) {
                self.spoken_of(&fits, &self.reading.tokens.clone(), need)
            } else {
                Vec::new()
            };
            let compares = sentence.iter().any(|token| token.is("than"));
            if compares && all.len() > 1 && all.contains(&spoken[0]) && all.iter().all(|place| self.values[*place].step.is_none()) {
                self.rules.push(format!("{} are held against one another", self.labels(&all)));
                return Ok(all);
            }
            if !spoken.is_empty() {
                self.rules.push(format!("the {name} speaks of {}", self.labels(&spoken)));
                return Ok(spoken);
            }
        }
        if let Some(current) = self.current.filter(|current| fits.contains(current)) {
            self.rules.push(format!("it goes on with {}", self.values[current].label));
            return Ok(vec![current]);
        }
        if let Some(made) = fits.iter().rev().find(|place| self.values[**place].flows) {
            self.rules.push(format!("it goes on with {}", self.values[*made].label));
            return Ok(vec![*made]);
        }
        let best = fits.iter().filter(|place| self.values[**place].step.is_none()).map(|place| rank(&self.values[*place], need)).max();
        let inputs: Vec<usize> = fits
            .iter()
            .copied()
            .filter(|place| self.values[*place].step.is_none() && Some(rank(&self.values[*place], need)) == best)
            .collect();
        match inputs.as_slice() {
            [] => {}
            [one] => {
                self.rules.push(format!("{} is the only one that fits", self.values[*one].label));
                return Ok(inputs);
            }
            several => {
                // One that another part of the goal speaks of is likelier.
                let tokens = self.reading.tokens.clone();
                let spoken = self.spoken_of(several, &tokens, need);
                if spoken.len() == 1 {
                    return Ok(spoken);
                }
                let held = ["than", "compare", "compared", "versus", "vs", "which", "between", "against", "side", "difference", "differ"];
                if spoken.len() > 1 && tokens.iter().any(|token| token.is_any(&held)) {
                    self.rules.push(format!("{} are held against one another", self.labels(&spoken)));
                    return Ok(spoken);
                }
                if region.iter().chain(&sentence).any(|token| token.is_any(ALL)) {
                    self.rules.push(format!("all of {} are meant", self.labels(several)));
                    return Ok(inputs);
                }
                if need == Need::Table {
                    // Their columns may tell.
                    return Ok(inputs);
                }
                let candidates = several.iter().map(|place| self.values[*place].label.clone()).collect();
                return Err(self.ambiguous(format!("{what} could be any of {}", self.labels(several)), candidates));
            }
        }
        match fits.last() {
            Some(last) => Ok(vec![*last]),
            None => Err(self.missing(what, advice)),
        }
    }

    /// Whether a value is there wherever the present part is done: a step that is skipped gives nothing.
    pub(crate) fn is_sure(&self, place: usize) -> bool {
        let step = self.values[place].step.map(|step| &self.steps[step]);
        step.is_none_or(|step| !step.conditional || step.draft.condition == self.condition)
    }

    fn labels(&self, places: &[usize]) -> String {
        places.iter().map(|place| self.values[*place].label.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Those of some values that a text speaks of.
    fn spoken_of(&self, places: &[usize], tokens: &[Token], need: Need) -> Vec<usize> {
        let mut found: Vec<(usize, (usize, usize))> =
            places.iter().filter_map(|place| self.values[*place].mentioned(tokens).map(|at| (*place, at))).collect();
        // A longer name that holds a shorter one is the one that is meant.
        let all = found.clone();
        found.retain(|(place, (at, length))| {
            !all.iter().any(|(other, (from, long))| other != place && long > length && *from <= *at && at + length <= from + long)
        });
        let best = found.iter().map(|(place, _)| rank(&self.values[*place], need)).max();
        let inputs: Vec<usize> =
            found.iter().map(|(place, _)| *place).filter(|place| Some(rank(&self.values[*place], need)) == best).collect();
        // What a step has made is meant before what it was made of, if both are called the same.
        let made: Vec<usize> = inputs.iter().copied().filter(|place| self.values[*place].step.is_some()).collect();
        match made.last() {
            Some(last) => vec![*last],
            None => inputs,
        }
    }
}
