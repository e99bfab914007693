//! The revenue of a tenant in memory: always the rows of one moment, however many write meanwhile
//! and however much there is to read.

apportion_testing::modules! { draft, racing, recognized }

use apportion_core::report::Entry;
use apportion_store::{Ledger, Result, Tenant};

use crate::support::rows::{
    delete_deal, delete_distribution, insert_deal, insert_distribution, lock_deal, raise_deal,
    set_amount, set_status,
};
use crate::support::{number, numbers, texts};

/// Returns all entries of a ledger, which is read in this number of parts.
fn entries(ledger: &Ledger, parts: usize) -> Vec<Entry> {
    let parts = ledger.parts(parts);
    parts.into_iter().flat_map(|part| part.deals().flatten().collect::<Vec<_>>()).collect()
}

/// Returns the sum of the amounts in a ledger.
fn sum(ledger: &Ledger) -> i64 {
    entries(ledger, 1).iter().map(|entry| entry.amount).sum()
}

/// Checks a ledger against the rows, which nobody may be writing.
#[track_caller]
fn check_rows(tenant: &mut Tenant<'_>, ledger: &Ledger) {
    let organization = tenant.organization();
    let rows = texts(
        tenant,
        &format!(
            "SELECT r.deal_id || ' ' || r.id || ' ' || r.start_on || ' ' || r.end_on || ' ' || \
             r.amount || ' ' || r.amount_default || ' ' || r.currency || ' ' || d.probability \
             || ' ' || d.status FROM revenue_distributions AS r JOIN deals AS d \
             ON d.organization_id = r.organization_id AND d.id = r.deal_id \
             WHERE r.organization_id = {organization} ORDER BY r.deal_id, r.id"
        ),
    );
    for parts in [1, 3] {
        let entries = entries(ledger, parts);
        let date = |day| chrono::NaiveDate::from_epoch_days(day).unwrap();
        let shown: Vec<String> = entries
            .iter()
            .map(|entry| {
                let (first, last) = (date(entry.days.first()), date(entry.days.last()));
                format!(
                    "{} {} {first} {last} {} {} {} {} {}",
                    entry.deal,
                    entry.revenue_distribution,
                    entry.amount,
                    entry.amount_default,
                    entry.currency.code(),
                    entry.probability,
                    entry.status
                )
            })
            .collect();
        // Long lists are not shown.
        assert_eq!(shown.len(), rows.len());
        let first = shown.iter().zip(&rows).find(|(shown, row)| shown != row);
        assert_eq!(first, None);
    }
    assert_eq!(ledger.len(), rows.len());
    assert_eq!(ledger.is_empty(), rows.is_empty());
}

/// Moves amounts between two deals of a name: what all deals have distributed stays the same. Some
/// distributions are replaced by others, some deals come and some go.
fn shift(tenant: &mut Tenant<'_>, dice: [u64; 4]) -> Result<()> {
    let deals = "SELECT id FROM deals WHERE organization_id = 1 AND name = 'D' ORDER BY id";
    let deals = numbers(tenant, deals);
    let pick = |dice: u64, from: &[i64]| from[dice as usize % from.len()];
    let (from, to) = (pick(dice[0], &deals), pick(dice[1], &deals));
    for id in [from.min(to), from.max(to)] {
        if from == to || lock_deal(tenant, id)?.is_none() {
            return Ok(());
        }
    }
    let of = |tenant: &mut Tenant<'_>, deal: i64| {
        let own = format!("organization_id = 1 AND deal_id = {deal}");
        numbers(tenant, &format!("SELECT id FROM revenue_distributions WHERE {own} ORDER BY id"))
    };
    let (mine, its) = (of(tenant, from), of(tenant, to));
    if mine.is_empty() || its.is_empty() {
        return Ok(());
    }
    let (line, other) = (pick(dice[2], &mine), pick(dice[3], &its));
    let amount = |tenant: &mut Tenant<'_>, line: i64| {
        let own = format!("organization_id = 1 AND id = {line}");
        number(tenant, &format!("SELECT amount FROM revenue_distributions WHERE {own}"))
    };
    let (part, has, other_has) =
        (dice[3] as i64 % 100, amount(tenant, line), amount(tenant, other));
    match dice[2] % 7 {
        6 => {
            // A change of the status alone moves nothing, and is seen all the same.
            return set_status(tenant, from, ["open", "won", "lost"][dice[3] as usize % 3]);
        }
        0 => {
            delete_distribution(tenant, line)?;
            insert_distribution(tenant, to, has)?;
        }
        1 if deals.len() < 60 => {
            let new = insert_deal(tenant, "D")?;
            insert_distribution(tenant, new, part)?;
            set_amount(tenant, line, from, has - part)?;
        }
        2 if deals.len() > 4 && mine.len() < 20 => {
            let mut all = 0;
            for line in mine {
                all += amount(tenant, line);
                delete_distribution(tenant, line)?;
            }
            delete_deal(tenant, from)?;
            set_amount(tenant, other, to, other_has + all)?;
            return raise_deal(tenant, to);
        }
        _ => {
            set_amount(tenant, line, from, has - part)?;
            set_amount(tenant, other, to, other_has + part)?;
        }
    }
    raise_deal(tenant, from)?;
    raise_deal(tenant, to)
}
