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
    status: ObligationStatus::Fulfilled,
    taken_back: 0,
    is_of_distributor: true,
    is_of_collaborator: true,
    is_reversal: false,
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
    let changed =
        with_status("fulfilled").check_changed(ObligationStatus::Fulfilled, None).unwrap();
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
    let whole = ReversedObligation { taken_back: -500, ..REVERSED };
    check(whole, "must not be reversed in whole already");
    use ObligationStatus::{Approved, Cancelled, Pending, Rejected};
    for status in [Pending, Rejected, Cancelled] {
        let unbinding = ReversedObligation { status, ..REVERSED };
        check(unbinding, "must be an obligation that is approved or fulfilled");
    }
    let approved = ReversedObligation { status: Approved, ..REVERSED };
    assert_eq!(worth(-500).check(Some(approved)).unwrap().value, -500);
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
    let unfit = "value is required, because minus what is left does not fit 64 bits";
    refused(&ObligationDraft::default(), Some(smallest), &[unfit]);
}

#[test]
fn reversals_take_back_no_more_than_is_left() {
    let part = ReversedObligation { taken_back: -120, ..REVERSED };
    assert_eq!(ObligationDraft::default().check(Some(part)).unwrap().value, -380);
    assert_eq!(worth(-380).check(Some(part)).unwrap().value, -380);
    for value in [-381, 1, 380, i64::MIN, i64::MAX] {
        let message =
            format!("value must be from -380 to -1, which takes back what is left; it is {value}");
        refused(&worth(value), Some(part), &[&message]);
    }
    let clawback = ReversedObligation { value: -7, taken_back: 2, ..REVERSED };
    assert_eq!(ObligationDraft::default().check(Some(clawback)).unwrap().value, 5);
    let message = "value must be from 1 to 5, which takes back what is left; it is -1";
    refused(&worth(-1), Some(clawback), &[message]);
    assert_eq!(
        worth(5).check_changed(ObligationStatus::Approved, Some(clawback)).unwrap().value,
        5
    );
}

#[test]
fn what_is_reversed_stays() {
    let held = |status| ObligationState {
        status,
        is_allocated: false,
        is_reversed: true,
        is_of_pool: false,
    };
    let approved = held(ObligationStatus::Approved);
    assert_eq!(approved.may_become(ObligationStatus::Fulfilled), Ok(()));
    for to in [ObligationStatus::Cancelled, ObligationStatus::Rejected] {
        let message = format!("the obligation is approved and reversed and cannot become {to}");
        assert_eq!(approved.may_become(to).unwrap_err().to_string(), message);
    }
    let message = "the obligation is approved and reversed, so value cannot be changed";
    assert_eq!(approved.may_change("value").unwrap_err().to_string(), message);
    assert_eq!(approved.may_change("reason"), Ok(()));
    let message = "the obligation is approved and reversed, so it cannot be deleted";
    assert_eq!(approved.may_be_deleted().unwrap_err().to_string(), message);
}

#[test]
fn a_part_of_a_pool_keeps_its_value() {
    let part = ObligationState {
        status: ObligationStatus::Approved,
        is_allocated: false,
        is_reversed: false,
        is_of_pool: true,
    };
    let message = "the obligation is a part of a pool, so";
    let value = part.may_change("value").unwrap_err();
    assert_eq!(value.to_string(), format!("{message} value cannot be changed"));
    let deletion = part.may_be_deleted().unwrap_err();
    assert_eq!(deletion.to_string(), format!("{message} it cannot be deleted"));
    assert_eq!(part.may_change("due_on"), Ok(()));
    assert_eq!(part.may_become(ObligationStatus::Rejected), Ok(()));
}

#[test]
fn a_pending_share_that_was_refunded_is_not_rejected() {
    let share = ObligationState {
        status: ObligationStatus::Pending,
        is_allocated: true,
        is_reversed: true,
        is_of_pool: false,
    };
    assert_eq!(share.may_become(ObligationStatus::Approved), Ok(()));
    let message = "the obligation is pending, allocated and reversed and cannot become rejected";
    let refused = share.may_become(ObligationStatus::Rejected).unwrap_err();
    assert_eq!(refused.to_string(), message);
}

#[test]
fn money_that_is_called_back_needs_a_reason() {
    use ObligationStatus::{Approved, Cancelled, Fulfilled, Pending, Rejected};
    let state = |status, is_allocated| ObligationState {
        status,
        is_allocated,
        is_reversed: false,
        is_of_pool: false,
    };
    let is_needed = |from, is_allocated, to| state(from, is_allocated).needs_reason(to).is_some();
    assert!(is_needed(Approved, true, Cancelled));
    assert!(is_needed(Fulfilled, true, Approved) && is_needed(Fulfilled, false, Approved));
    assert!(!is_needed(Approved, false, Cancelled) && !is_needed(Approved, true, Fulfilled));
    for to in [Approved, Rejected, Cancelled] {
        assert!(!is_needed(Pending, true, to));
    }
}

/// Returns the statuses that an obligation may get besides its own.
fn ways(status: ObligationStatus, is_allocated: bool) -> Vec<&'static str> {
    let state = ObligationState { status, is_allocated, is_reversed: false, is_of_pool: false };
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
    assert_eq!(ways(Approved, true), ["fulfilled", "cancelled"]);
    assert_eq!(ways(Fulfilled, false), ["approved"]);
    assert_eq!(ways(Fulfilled, true), ["approved"]);
    for last in [Rejected, Cancelled] {
        assert!(ways(last, false).is_empty() && ways(last, true).is_empty());
    }
    let message = |status, is_allocated, to| {
        ObligationState { status, is_allocated, is_reversed: false, is_of_pool: false }
            .may_become(to)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(Fulfilled, true, Cancelled),
        "the obligation is fulfilled and cannot become cancelled"
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
            let state =
                ObligationState { status, is_allocated, is_reversed: false, is_of_pool: false };
            let is_open = matches!(status, ObligationStatus::Pending | ObligationStatus::Approved);
            assert_eq!(state.may_change("value").is_ok(), is_open && !is_allocated);
            assert_eq!(state.may_be_deleted().is_ok(), is_open && !is_allocated);
            assert_eq!(state.may_change_reference().is_ok(), is_open);
        }
    }
    let state = ObligationState {
        status: ObligationStatus::Pending,
        is_allocated: true,
        is_reversed: false,
        is_of_pool: false,
    };
    let message = "the obligation is pending and allocated, so";
    let value = state.may_change("value").unwrap_err();
    assert_eq!(value.to_string(), format!("{message} value cannot be changed"));
    let deletion = state.may_be_deleted().unwrap_err();
    assert_eq!(deletion.to_string(), format!("{message} it cannot be deleted"));
    let settled = ObligationState {
        status: ObligationStatus::Rejected,
        is_allocated: false,
        is_reversed: false,
        is_of_pool: false,
    };
    let reference = settled.may_change_reference().unwrap_err();
    let message = "the obligation is rejected, so reference cannot be changed";
    assert_eq!(reference.to_string(), message);
}
