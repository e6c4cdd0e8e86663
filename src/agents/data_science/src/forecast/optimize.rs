//! Where a function of a few numbers is least: the simplex of Nelder and Mead.

/// The least value found and where, from a start, within so many evaluations.
///
/// # Errors
/// What the function answers.
pub(crate) fn minimize<E>(
    start: &[f64],
    evaluations: usize,
    mut value: impl FnMut(&[f64]) -> Result<f64, E>,
) -> Result<(f64, Vec<f64>), E> {
    let size = start.len();
    let mut corners: Vec<(f64, Vec<f64>)> = Vec::with_capacity(size + 1);
    corners.push((value(start)?, start.to_vec()));
    for place in 0..size {
        let mut corner = start.to_vec();
        corner[place] += 0.5;
        corners.push((value(&corner)?, corner));
    }
    let mut used = size + 1;
    while used < evaluations {
        corners.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (least, most) = (corners[0].0, corners[size].0);
        let width = (0..size)
            .map(|place| corners.iter().map(|corner| (corner.1[place] - corners[0].1[place]).abs()).fold(0.0, f64::max))
            .fold(0.0, f64::max);
        if (most - least).abs() <= 1e-10 * least.abs() && width <= 1e-4 {
            break;
        }
        let middle: Vec<f64> =
            (0..size).map(|place| corners[..size].iter().map(|corner| corner.1[place]).sum::<f64>() / size as f64).collect();
        let along = |factor: f64| -> Vec<f64> {
            middle.iter().zip(&corners[size].1).map(|(middle, worst)| middle + factor * (worst - middle)).collect()
        };
        let reflected = along(-1.0);
        let at_reflected = value(&reflected)?;
        used += 1;
        if at_reflected < least {
            let expanded = along(-2.0);
            let at_expanded = value(&expanded)?;
            used += 1;
            corners[size] = if at_expanded < at_reflected { (at_expanded, expanded) } else { (at_reflected, reflected) };
        } else if at_reflected < corners[size - 1].0 {
            corners[size] = (at_reflected, reflected);
        } else {
            let contracted = along(if at_reflected < most { -0.5 } else { 0.5 });
            let at_contracted = value(&contracted)?;
            used += 1;
            if at_contracted < most.min(at_reflected) {
                corners[size] = (at_contracted, contracted);
            } else {
                let best = corners[0].1.clone();
                for corner in &mut corners[1..] {
                    for (place, best) in corner.1.iter_mut().zip(&best) {
                        *place = best + 0.5 * (*place - best);
                    }
                    corner.0 = value(&corner.1)?;
                }
                used += size;
            }
        }
    }
    corners.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(corners.swap_remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_bottom_of_a_bent_valley_and_stops_when_told() {
        let valley = |x: &[f64]| Ok::<f64, ()>((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
        let (least, place) = minimize(&[-1.2, 1.0], 2_000, valley).unwrap();
        assert!(least < 1e-8 && (place[0] - 1.0).abs() < 1e-3, "{least} at {place:?}");
        assert_eq!(minimize(&[0.0], 100, |_| Err("stop")), Err("stop"));
    }
}
