//! How is shown what a text is about?

use leptos::prelude::*;

use super::bar::bar;
use super::facts::{facts, remark};
use super::shape::{Keyword, Keywords};
use super::table::MAXIMUM_ROWS;
use crate::components::chart::figures::{counted, figure};

pub(super) fn view(result: Keywords) -> AnyView {
    if result.keywords.is_empty() {
        return remark("No keywords were found.");
    }
    let items: Vec<_> = result
        .keywords
        .iter()
        .take(MAXIMUM_ROWS)
        .enumerate()
        .map(|(index, keyword)| {
            let count = keyword.count.map(|count| counted(count, "time", "times")).unwrap_or_default();
            view! {
                <li class="grid grid-cols-[2rem_minmax(8rem,16rem)_1fr_4.5rem_5rem] items-center gap-3">
                    <span class="text-right font-mono text-12 text-muted tabular-nums">{index + 1}</span>
                    <span class="font-medium break-words">{keyword.term.clone()}</span>
                    {bar(weight(&result.keywords, keyword), "text-accent")}
                    <span class="text-right font-mono text-12 tabular-nums">{figure(keyword.score)}</span>
                    <span class="text-right text-12 text-muted">{count}</span>
                </li>
            }
        })
        .collect();
    let language = (!result.language.is_empty()).then(|| facts(vec![("Language", result.language.clone())]));
    view! {
        {language}
        <ol class="grid min-w-0 list-none gap-1.5 overflow-x-auto p-0 text-13" aria-label="Keywords, the strongest first" tabindex="0">
            {items}
        </ol>
    }
    .into_any()
}

/// How strong a keyword is beside the first. Some scores grow with strength and some shrink; the order tells which.
fn weight(ranked: &[Keyword], keyword: &Keyword) -> f64 {
    let (Some(first), Some(last)) = (ranked.first(), ranked.last()) else { return 0.0 };
    let share = if first.score >= last.score { keyword.score / first.score } else { first.score / keyword.score };
    if share.is_finite() { share } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_keyword_is_the_strongest_whichever_way_scores_run() {
        let ranked = |scores: [f64; 2]| scores.map(|score| Keyword { term: String::new(), score, count: None });
        let (falling, rising) = (ranked([8.0, 2.0]), ranked([0.1, 0.4]));
        assert_eq!([weight(&falling, &falling[0]), weight(&falling, &falling[1])], [1.0, 0.25]);
        assert_eq!([weight(&rising, &rising[0]), weight(&rising, &rising[1])], [1.0, 0.25]);
        let nothing = ranked([0.0, 0.0]);
        assert_eq!(weight(&nothing, &nothing[0]), 1.0);
    }
}
