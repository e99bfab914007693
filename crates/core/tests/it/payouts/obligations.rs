//! Obligations: the rules of drafts and reversals, and the changes that a state allows.

use apportion_core::obligation::{
    ObligationDraft, ObligationState, ObligationStatus, ObligationTerms, ReversedObligation,
};

use crate::{day, lines};

fn worth(value: i64) -> ObligationDraft {
    ObligationDraft { value: Some(value), ..ObligationDraft::default() }
}

const REVERSED: ReversedObligation = ReversedObligation {
    value: 500,
    is_of_distributor: true,
    is_of_collaborator: true,
    is_reversal: false,
    is_reversed: false,
};

fn refused(draft: &ObligationDraft, reversed: Option<ReversedObligation>, expected: &[&str]) {
    assert_eq!(lines(&draft.check(reversed).unwrap_err()), expected, "{draft:.40?}");
}

#[test]
fn only_the_value_is_required() {
    let expected = ObligationTerms {
        status: ObligationStatus::Pending,
        award_type: None,
        value: -5,
        reason: None,
        reference: None,
        due_on: None,
    };
    assert_eq!(worth(-5).check(None), Ok(expected));
    refused(&ObligationDraft::default(), None, &["value is required"]);
    refused(&worth(0), None, &["value must not be 0"]);
}

#[test]
fn one_begins_pending_or_approved() {
    let with_status = |name: &str| ObligationDraft { status: Some(name.to_owned()), ..worth(1) };
    let status = |name| with_status(name).check(None).unwrap().status;
    assert_eq!(status("pending"), ObligationStatus::Pending);
    assert_eq!(status("approved"), ObligationStatus::Approved);
    for other in ["fulfilled", "rejected", "cancelled", "", "Pending"] {
        refused(&with_status(other), None, &["status must be pending or approved"]);
    }
    let changed = with_status("fulfilled").check_changed(ObligationStatus::Fulfilled).unwrap();
    assert_eq!(changed.status, ObligationStatus::Fulfilled);
}

#[test]
fn texts_and_dates_have_limits() {
    let draft = ObligationDraft {
        award_type: Some("a\n".to_owned()),
        reason: Some("a\nb\0".to_owned()),
        reference: Some("ß".repeat(256)),
        due_on: Some(day("2200-01-01")),
        ..worth(1)
    };
    refused(
        &draft,
        None,
        &[
            "award_type must not contain control characters",
            "due_on must be from 1900-01-01 to 2199-12-31",
            "reason must not contain U+0000",
            "reference must be at most 255 characters",
        ],
    );
}

#[test]
fn a_reversal_is_worth_the_negative_unless_it_says_more() {
    let value = |draft: ObligationDraft| draft.check(Some(REVERSED)).unwrap().value;
    assert_eq!(value(ObligationDraft::default()), -500);
    assert_eq!(value(worth(-200)), -200);
    let check = |reversed, message: &str| {
        refused(&worth(-500), Some(reversed), &[&format!("reverses {message}")]);
    };
    check(ReversedObligation { is_reversal: true, ..REVERSED }, "must not be a reversal itself");
    check(ReversedObligation { is_reversed: true, ..REVERSED }, "must not be reversed already");
    let same = "must be an obligation of the same";
    check(
        ReversedObligation { is_of_distributor: false, ..REVERSED },
        &format!("{same} distributor"),
    );
    check(
        ReversedObligation { is_of_collaborator: false, ..REVERSED },
        &format!("{same} collaborator"),
    );
    let smallest = ReversedObligation { value: i64::MIN, ..REVERSED };
    assert_eq!(worth(i64::MAX).check(Some(smallest)).unwrap().value, i64::MAX);
    let unfit =
        "value is required, because the negative of the reversed value does not fit 64 bits";
    refused(&ObligationDraft::default(), Some(smallest), &[unfit]);
}

/// Returns the statuses that an obligation may get besides its own.
fn ways(status: ObligationStatus, is_allocated: bool) -> Vec<&'static str> {
    let state = ObligationState { status, is_allocated };
    assert_eq!(state.may_become(status), Ok(()));
    let others = ObligationStatus::ALL.iter().filter(|to| **to != status);
    others.filter(|to| state.may_become(**to).is_ok()).map(|to| to.name()).collect()
}

#[test]
fn statuses_follow_each_other() {
    use ObligationStatus::{Approved, Cancelled, Fulfilled, Pending, Rejected};
    let any = ["approved", "rejected", "cancelled"];
    assert_eq!(ways(Pending, false), any);
    assert_eq!(ways(Pending, true), any);
    assert_eq!(ways(Approved, false), ["fulfilled", "rejected", "cancelled"]);
    assert_eq!(ways(Approved, true), ["fulfilled"]);
    for last in [Fulfilled, Rejected, Cancelled] {
        assert!(ways(last, false).is_empty() && ways(last, true).is_empty());
    }
    let message = |status, is_allocated, to| {
        ObligationState { status, is_allocated }.may_become(to).unwrap_err().to_string()
    };
    assert_eq!(
        message(Fulfilled, true, Approved),
        "the obligation is fulfilled and cannot become approved"
    );
    assert_eq!(
        message(Approved, true, Rejected),
        "the obligation is approved and allocated and cannot become rejected"
    );
    assert_eq!(
        message(Pending, true, Fulfilled),
        "the obligation is pending and allocated and cannot become fulfilled"
    );
}

#[test]
fn terms_are_locked_once_allocated_or_settled() {
    for status in ObligationStatus::ALL.iter().copied() {
        for is_allocated in [false, true] {
            let state = ObligationState { status, is_allocated };
            let is_open = matches!(status, ObligationStatus::Pending | ObligationStatus::Approved);
            assert_eq!(state.may_change("value").is_ok(), is_open && !is_allocated);
            assert_eq!(state.may_be_deleted().is_ok(), is_open && !is_allocated);
            assert_eq!(state.may_change_reference().is_ok(), is_open);
        }
    }
    let state = ObligationState { status: ObligationStatus::Pending, is_allocated: true };
    let message = "the obligation is pending and allocated, so";
    let value = state.may_change("value").unwrap_err();
    assert_eq!(value.to_string(), format!("{message} value cannot be changed"));
    let deletion = state.may_be_deleted().unwrap_err();
    assert_eq!(deletion.to_string(), format!("{message} it cannot be deleted"));
    let settled = ObligationState { status: ObligationStatus::Rejected, is_allocated: false };
    let reference = settled.may_change_reference().unwrap_err();
    let message = "the obligation is rejected, so reference cannot be changed";
    assert_eq!(reference.to_string(), message);
}
