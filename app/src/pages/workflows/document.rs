//! What is wrong with a document, where, and on which of its steps?

use baton_domain::task::TaskState;
use baton_domain::wire::workflow::{WorkflowGraph, WorkflowProblem};
use leptos::prelude::*;

use crate::components::code_editor::Place;
use crate::components::mark::Mark;

/// The problems of a document. With `go`, each leads to its place.
pub(super) fn problems(found: Vec<WorkflowProblem>, go: Option<RwSignal<Option<Place>>>) -> AnyView {
    let items: Vec<_> = found
        .into_iter()
        .map(|problem| {
            let place = Place { line: problem.line, column: problem.column };
            let words = format!("Line {}, column {}", problem.line, problem.column);
            let where_ = match go {
                Some(go) => view! {
                    <button type="button" class="font-medium text-accent hover:underline" on:click=move |_| go.set(Some(place))>
                        {words}
                    </button>
                }
                .into_any(),
                None => view! { <span class="font-medium">{words}</span> }.into_any(),
            };
            let code = problem.code;
            view! {
                <li
                    class="space-y-0.5 border-t border-line py-2 text-13 first:border-t-0"
                    data-testid="workflow-problem"
                    data-code=code.clone()
                    data-line=problem.line.to_string()
                >
                    <p class="flex flex-wrap items-baseline gap-x-2">
                        {where_}
                        <code class="font-mono text-12 text-muted">{problem.path}</code>
                        <a class="font-mono text-12 text-soft underline" href=format!("/docs/errors/{code}") rel="external">
                            {code.clone()}
                        </a>
                    </p>
                    <p class="break-words">{format!("{}. {}", capital(&problem.message), problem.advice)}</p>
                </li>
            }
        })
        .collect();
    view! { <ul data-testid="workflow-problems">{items}</ul> }.into_any()
}

/// A sentence's beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Which steps of a graph have problems, and how many.
pub(super) fn marks(graph: &WorkflowGraph, problems: &[WorkflowProblem]) -> Vec<Option<Mark>> {
    let known = |id: &str| graph.nodes.iter().any(|node| node.id == id);
    let count = |place: usize, id: &str| {
        // In a list of steps the path names the place.
        let names = |step: String| step == id || (!known(&step) && step.parse() == Ok(place));
        problems.iter().filter(|problem| step_of(&problem.path).is_some_and(names)).count()
    };
    let mark = |count: usize| match count {
        0 => None,
        1 => Some(Mark::new(TaskState::Failed, "problem").saying("1 problem")),
        count => Some(Mark::new(TaskState::Failed, "problem").saying(format!("{count} problems"))),
    };
    graph.nodes.iter().enumerate().map(|(place, node)| mark(count(place, &node.id))).collect()
}

/// The step that a JSON Pointer leads to.
fn step_of(path: &str) -> Option<String> {
    let id = path.strip_prefix("/steps/")?.split('/').next()?;
    Some(id.replace("~1", "/").replace("~0", "~"))
}

/// Where a step begins in the text of a document; found by its look, since a text that is being written may not be readable.
pub(super) fn place_of_step(text: &str, id: &str) -> Option<Place> {
    let bare = |word: &str| word.trim().trim_matches(['"', '\'']) == id;
    let begins = |line: &str| {
        let line = line.trim_start_matches(['-', ' ', '\t', '{', ',']);
        let Some((key, value)) = line.split_once(':') else { return false };
        bare(key) || (key.trim().trim_matches(['"', '\'']) == "id" && bare(value.trim_end_matches(',')))
    };
    let steps = |line: &str| line.trim_start_matches(['{', ' ', '"', '\'']).starts_with("steps");
    let mut lines = (1..).zip(text.lines()).skip_while(|(_, line)| !steps(line)).skip(1);
    let (line, words) = lines.find(|(_, line)| begins(line))?;
    let indent = words.chars().take_while(|letter| letter.is_whitespace()).count();
    Some(Place { line, column: u32::try_from(indent).unwrap_or_default() + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_found_in_yaml_and_in_json() {
        let at = |text: &str, id: &str| place_of_step(text, id).map(|place| (place.line, place.column));
        let map = "name: x\ninputs:\n  read: string\nsteps:\n  # read: not this\n  read:\n    uses: a.b\n  'say it': {uses: a.c}\n";
        assert_eq!([at(map, "read"), at(map, "say it"), at(map, "none")], [Some((6, 3)), Some((8, 3)), None]);
        let list = "steps:\n  - id: one\n    uses: a.b\n  - uses: a.c\n    id: two\n";
        assert_eq!([at(list, "one"), at(list, "two")], [Some((2, 3)), Some((5, 5))]);
        let json = "{\n \"steps\": {\n  \"read\": {\"uses\": \"a.b\"}\n }\n}";
        assert_eq!(at(json, "read"), Some((3, 3)));
    }

    #[test]
    fn a_problem_belongs_to_the_step_that_its_path_names() {
        assert_eq!(step_of("/steps/a~1b/with/text").as_deref(), Some("a/b"));
        assert_eq!([step_of("/inputs/a"), step_of("/steps")], [None, None]);
    }
}
