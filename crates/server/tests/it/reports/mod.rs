//! Reports of recognised revenue: over HTTP, as CSV and as charts.

apportion_testing::modules! { amid_writes, chart_layout, csv, grouped, statuses, svg }
