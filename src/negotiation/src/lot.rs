//! Who is drawn where nothing else tells two apart? A lot from a seed and a key.

/// The lot of a key: the same for the same seed wherever the key stands, so that no order of the claimants gives an advantage.
///
/// FNV-1a over the key, mixed with the seed as SplitMix64 does (Steele, Lea and Flood, 2014). It is fair among keys that nobody chose to win;
/// whoever can choose both key and seed can choose the lot.
#[must_use]
pub fn lot(seed: u64, key: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut mixed = (hash ^ seed).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_three_is_drawn_about_as_often() {
        let mut drawn = [0; 3];
        for seed in 0..3_000 {
            let first = (0..3).min_by_key(|at| lot(seed, ["ada", "bob", "cyd"][*at])).unwrap();
            drawn[first] += 1;
        }
        assert!(drawn.iter().all(|times| (900..=1_100).contains(times)), "{drawn:?}");
        assert_eq!(lot(7, "ada"), lot(7, "ada"));
    }
}
