//! Metric credits: the rules of a draft, and the conditions for a credit.

use apportion_core::collaborator::CollaboratorStatus;
use apportion_core::distributor::DistributorStatus;
use apportion_core::metric::{CountedMetric, MetricType, score_after_credit};
use apportion_core::metric_credit::{CreditTarget, MetricCreditDraft};

use crate::lines;

fn refused(points: Option<i64>, reason: Option<String>, expected: &[&str]) {
    let draft = MetricCreditDraft { points, reason };
    assert_eq!(lines(&draft.check().unwrap_err()), expected);
}

#[test]
fn points_are_above_zero() {
    for points in [1, i64::MAX] {
        let draft = MetricCreditDraft { points: Some(points), reason: Some("two\nlines".into()) };
        let terms = draft.check().unwrap();
        assert_eq!((terms.points, terms.reason.as_deref()), (points, Some("two\nlines")));
    }
    refused(None, None, &["points is required"]);
    for points in [0, -1, i64::MIN] {
        refused(Some(points), None, &["points must be greater than 0"]);
    }
}

#[test]
fn reasons_are_long_texts() {
    let longest = MetricCreditDraft { points: Some(1), reason: Some("ß".repeat(10_000)) };
    assert!(longest.check().is_ok());
    refused(Some(1), Some("ß".repeat(10_001)), &["reason must be at most 10000 characters"]);
    refused(None, Some("\0".into()), &["points is required", "reason must not contain U+0000"]);
}

#[test]
fn a_score_fits() {
    assert_eq!(score_after_credit(i64::MAX - 1, 1), Ok(i64::MAX));
    let fault = score_after_credit(i64::MAX, 1).unwrap_err();
    assert_eq!(fault.to_string(), "points makes a score that does not fit 64 bits");
}

const MANUAL: &[CountedMetric] = &[CountedMetric { metric_type: MetricType::Manual, points: 3 }];

const CREDITING: CreditTarget<'_> = CreditTarget {
    collaborator: CollaboratorStatus::Active,
    distributor: DistributorStatus::Active,
    has_open_distribution: true,
    is_member: true,
    metric_types: MANUAL,
};

fn unqualified(crediting: CreditTarget<'_>, expected: &str) {
    assert_eq!(crediting.manual_points().unwrap_err().to_string(), expected);
}

#[test]
fn only_members_of_an_open_distributor_are_credited() {
    assert_eq!(CREDITING.manual_points(), Ok(3));
    let inactive = CollaboratorStatus::Inactive;
    unqualified(
        CreditTarget { collaborator: inactive, ..CREDITING },
        "collaborator must be active",
    );
    for distributor in [DistributorStatus::Inactive, DistributorStatus::Deleted] {
        unqualified(CreditTarget { distributor, ..CREDITING }, "distributor must be active");
    }
    unqualified(
        CreditTarget { has_open_distribution: false, ..CREDITING },
        "distributor must have an open distribution",
    );
    unqualified(
        CreditTarget { is_member: false, ..CREDITING },
        "distributor must have the collaborator among its collaborators",
    );
    unqualified(
        CreditTarget { metric_types: &[], ..CREDITING },
        "distributor must have a manual metric type",
    );
}
