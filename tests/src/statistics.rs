//! Order statistics of measured values: what the benchmarks compare with and tell.

/// The value at a quantile of `sorted` values: the smallest that at least this share of all is at most.
///
/// # Panics
///
/// When there are no values.
#[must_use]
pub fn quantile<T: Copy>(sorted: &[T], quantile: f64) -> T {
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The median, between the two middle values when their number is even.
///
/// # Panics
///
/// When there are no values.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_by_rank() {
        let values: Vec<u32> = (1..=1000).collect();
        for (share, value) in [(0.0, 1), (0.001, 1), (0.5, 500), (0.5005, 501), (0.999, 999), (1.0, 1000)] {
            assert_eq!(quantile(&values, share), value, "{share}");
        }
        assert_eq!(quantile(&[7], 0.5), 7);
    }

    #[test]
    fn medians_lie_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
