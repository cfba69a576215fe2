//! Metrics as `OpenMetrics` text, sorted, so that two scrapes of one status are equal.
//!
//! Must not: know what is measured.

use std::fmt::Error;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::catalogue::{Metric, PREFIX};
use crate::status::durations::{BOUNDS, Durations};

/// The values of a metric's labels, in the order of its labels.
pub(super) type Values<const N: usize> = [&'static str; N];

type Labels = Vec<(&'static str, &'static str)>;

/// A page in the making.
#[derive(Debug)]
pub(super) struct Page(Registry);

impl Page {
    pub(super) fn new() -> Self {
        Page(Registry::with_prefix(PREFIX))
    }

    /// A gauge with its samples.
    pub(super) fn gauge<const N: usize>(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (Values<N>, f64)>,
    ) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (values, value) in samples {
            family.get_or_create(&labels(metric, &values)).set(value);
        }
        self.0.register(metric.name, metric.help, family);
    }

    /// A gauge without labels; absent if there is no value.
    pub(super) fn value(&mut self, metric: &Metric, value: impl Into<Option<f64>>) {
        self.gauge(metric, value.into().map(|value| ([], value)));
    }

    /// A counter with its samples.
    pub(super) fn counter<const N: usize>(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = (Values<N>, u64)>,
    ) {
        let family = Family::<Labels, Counter>::default();
        for (values, value) in samples {
            family.get_or_create(&labels(metric, &values)).inc_by(value);
        }
        self.0.register(metric.name, metric.help, family);
    }

    /// A histogram without labels.
    pub(super) fn histogram(&mut self, metric: &Metric, durations: Durations) {
        self.0.register(metric.name, metric.help, durations);
    }

    /// The text.
    pub(super) fn text(self) -> Result<String, Error> {
        let mut text = String::new();
        encode(&mut text, &self.0)?;
        Ok(sorted(&text))
    }
}

fn labels(metric: &Metric, values: &[&'static str]) -> Labels {
    metric.labels.iter().zip(values).map(|((label, _), value)| (*label, *value)).collect()
}

/// The samples of each metric in the order of the alphabet; the library keeps them in a hash map. A histogram's have an
/// order of their own, and keep it.
fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.chunk_by_mut(|a, b| a.starts_with('#') == b.starts_with('#')).for_each(|run| {
        if run.iter().all(|line| !line.starts_with('#') && !line.contains("_bucket{") && !line.contains("_sum ")) {
            run.sort_unstable();
        }
    });
    lines.join("\n").replace("{} ", " ") + "\n"
}

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), Error> {
        let counts = BOUNDS.into_iter().chain([f64::INFINITY]).zip(self.counts.into_iter().chain([self.longer]));
        let buckets: Vec<(f64, u64)> = counts.collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(self.sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
