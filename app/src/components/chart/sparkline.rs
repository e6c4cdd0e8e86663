//! How does a row of numbers look in the height of a line of text?

use leptos::prelude::*;

use super::figures::figure;

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;
/// Room for half the stroke, so that it is not cut off at the top and the bottom.
const MARGIN: f64 = 1.0;

/// A line through `values`, in the colour of the text around it. Drawn on the server too.
#[component]
pub fn Sparkline(
    /// The numbers, oldest first.
    #[prop(into)]
    values: Signal<Vec<f64>>,
    /// What they are.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let said = move || values.with(|values| in_words(&label, values));
    let line = move || values.with(|values| points(values));
    let area = move || {
        let line = values.with(|values| points(values));
        if line.is_empty() { line } else { format!("0,{HEIGHT} {line} {WIDTH},{HEIGHT}") }
    };
    view! {
        <svg
            role="img"
            aria-label=said
            data-testid="sparkline"
            viewBox="0 0 100 24"
            preserveAspectRatio="none"
            class="block h-6 w-full overflow-visible"
        >
            <polygon points=area fill="currentColor" fill-opacity="0.12"></polygon>
            <polyline
                points=line
                fill="none"
                stroke="currentColor"
                stroke-width="1.5"
                stroke-linejoin="round"
                vector-effect="non-scaling-stroke"
            ></polyline>
        </svg>
    }
}

/// The points of the line; a single value is a level line.
fn points(values: &[f64]) -> String {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let highest = known().fold(f64::NEG_INFINITY, f64::max);
    // From zero, so that the height means something; below it only if the values go there.
    let lowest = known().fold(0.0, f64::min);
    if !highest.is_finite() {
        return String::new();
    }
    let span = (highest - lowest).max(f64::MIN_POSITIVE);
    let level = |value: f64| HEIGHT - MARGIN - (value - lowest) / span * (HEIGHT - 2.0 * MARGIN);
    if let [only] = values {
        return format!("0,{0:.1} {WIDTH},{0:.1}", level(*only));
    }
    let step = WIDTH / (values.len().saturating_sub(1)) as f64;
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
        .map(|(index, value)| format!("{:.1},{:.1}", index as f64 * step, level(*value)))
        .collect();
    points.join(" ")
}

fn in_words(label: &str, values: &[f64]) -> String {
    let Some(last) = values.last() else {
        return format!("{label}: no data");
    };
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    format!("{label}: {} now, {} to {}", figure(*last), figure(lowest), figure(highest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_spans_the_width_and_stays_within_the_height() {
        assert_eq!(points(&[0.0, 5.0, 10.0]), "0.0,23.0 50.0,12.0 100.0,1.0");
        assert_eq!(points(&[-10.0, 10.0]), "0.0,23.0 100.0,1.0");
    }

    #[test]
    fn equal_few_or_no_values_make_no_infinite_points() {
        assert_eq!(points(&[]), "");
        assert_eq!(points(&[f64::NAN]), "");
        assert_eq!(points(&[0.0, 0.0]), "0.0,23.0 100.0,23.0");
        assert_eq!(points(&[4.0]), "0,1.0 100,1.0");
    }

    #[test]
    fn a_sparkline_is_said_in_words() {
        assert_eq!(in_words("Tasks a minute", &[3.0, 12.5, 7.0]), "Tasks a minute: 7 now, 3 to 12.5");
        assert_eq!(in_words("Tasks a minute", &[]), "Tasks a minute: no data");
    }
}
