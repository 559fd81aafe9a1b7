//! A lock-free histogram, since every request and every commit counts.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;

const DURATIONS: &[u64] = &[
    MILLISECOND,
    2_500 * MICROSECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    2_500 * MILLISECOND,
    10 * SECOND,
];

const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/// A distribution of sizes. Clones share the counters.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: &'static [u64],
    /// The divisor for display: durations are counted in nanoseconds and shown in seconds.
    unit: f64,
    /// One more than `bounds`, for larger values.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Creates a histogram of durations, from a millisecond to ten seconds.
    pub fn of_durations() -> Self {
        Self::new(DURATIONS, 1e9)
    }

    /// Creates a histogram of numbers, from 1 to 4096 in powers of two.
    pub fn of_sizes() -> Self {
        Self::new(SIZES, 1.0)
    }

    fn new(bounds: &'static [u64], unit: f64) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner {
            bounds,
            unit,
            buckets,
            sum: AtomicU64::new(0),
        }))
    }

    /// Counts a duration, in a histogram [of durations](Self::of_durations).
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts a number, in a histogram [of sizes](Self::of_sizes).
    pub fn observe_size(&self, size: usize) {
        self.observe(u64::try_from(size).unwrap_or(u64::MAX));
    }

    fn observe(&self, value: u64) {
        let index = self.0.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.0.buckets.get(index) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(value, Ordering::Relaxed);
    }
}

impl EncodeMetric for Histogram {
    #[expect(clippy::cast_precision_loss, reason = "precise enough for a graph")]
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let Inner {
            bounds,
            unit,
            buckets,
            sum,
        } = &*self.0;
        let bounds = bounds
            .iter()
            .map(|bound| *bound as f64 / unit)
            .chain([f64::INFINITY]);
        let counts = buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = sum.load(Ordering::Relaxed) as f64 / unit;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::registry::Registry;

    fn encoded(histogram: &Histogram) -> String {
        let mut registry = Registry::default();
        registry.register("h", "help", histogram.clone());
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let histogram = Histogram::of_sizes();
        for size in [0, 1, 2, 3, 4096, 4097] {
            histogram.observe_size(size);
        }
        let text = encoded(&histogram);
        for line in [
            "h_bucket{le=\"1.0\"} 2",
            "h_bucket{le=\"2.0\"} 3",
            "h_bucket{le=\"4.0\"} 4",
            "h_bucket{le=\"4096.0\"} 5",
            "h_bucket{le=\"+Inf\"} 6",
            "h_count 6",
            "h_sum 8199.0",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn durations_show_in_seconds_with_exact_bounds() {
        let histogram = Histogram::of_durations();
        histogram.clone().observe_duration(Duration::from_micros(2500));
        histogram.observe_duration(Duration::from_secs(60));
        let text = encoded(&histogram);
        for line in [
            "h_bucket{le=\"0.001\"} 0",
            "h_bucket{le=\"0.0025\"} 1",
            "h_bucket{le=\"10.0\"} 1",
            "h_bucket{le=\"+Inf\"} 2",
            "h_sum 60.0025",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("0000001") && !text.contains("99999"), "{text}");
    }
}
