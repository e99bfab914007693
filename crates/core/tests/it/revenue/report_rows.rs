//! Rows of small reports: their ids, figures, order and limits.

use apportion_core::deal::DealStatus;
use apportion_core::report::{
    Entry, Figure, Group, Grouping, Key, Report, ReportError, ReportQuery, Row, RowOrder,
};
use apportion_core::window::Window;

use crate::{currency, day, range};

fn entry(deal: i64, code: &str, days: &str, amount: i64) -> Entry {
    Entry {
        organization: 1,
        deal,
        creator: (deal != 2).then_some(deal + 10),
        revenue_distribution: deal * 100,
        currency: currency(code),
        probability: 100,
        status: DealStatus::Won,
        days: range(days).into(),
        amount,
        amount_default: if code == "EUR" { amount } else { amount.saturating_mul(2) },
    }
}

fn query(groups: &str, days: &str, max_rows: usize) -> ReportQuery {
    let window = Window::from(range(days));
    let grouping =
        if groups.is_empty() { Ok(Grouping::default()) } else { Grouping::parse(groups) };
    ReportQuery { grouping: grouping.unwrap(), window, as_of: day("2025-07-10"), max_rows }
}

fn report(groups: &str, days: &str, entries: &[Entry]) -> Report {
    let mut report = Report::new(query(groups, days, 1_000));
    entries.iter().for_each(|entry| report.add(entry));
    report
}

/// Writes each row as `id count revenue recognised projected revenue_default`.
fn lines(report: &Report, sort: &[&str]) -> Vec<String> {
    let order = |name: &&str| {
        let (name, descending) = name.strip_prefix('-').map_or((*name, false), |name| (name, true));
        RowOrder { by: report.grouping().sort_by(name).unwrap(), descending }
    };
    let orders: Vec<RowOrder> = sort.iter().map(order).collect();
    let shown = [Figure::Revenue, Figure::Recognised, Figure::Projected, Figure::RevenueDefault];
    let rows = report.rows(&orders).unwrap();
    let line = |row: &Row| {
        let figures = shown.map(|figure| match row.figure(figure) {
            Some(amount) => amount.to_string(),
            None => "-".to_owned(),
        });
        format!("{} {} {}", report.grouping().row_id(row), row.count(), figures.join(" "))
    };
    rows.iter().map(line).collect()
}

#[test]
fn a_hundred_thousand_over_july() {
    let july = [entry(17, "EUR", "2025-07-01..2025-07-31", 100_000)];
    let year = "2025-01-01..2025-12-31";
    assert_eq!(lines(&report("", year, &july), &[]), ["all 31 100000 32258 100000 100000"]);
    assert_eq!(
        lines(&report("date:week", year, &july), &[]),
        [
            "2025-W27 6 19355 19355 19355 19355",
            "2025-W28 7 22580 12903 22580 22580",
            "2025-W29 7 22581 0 22581 22581",
            "2025-W30 7 22581 0 22581 22581",
            "2025-W31 4 12903 0 12903 12903",
        ]
    );
    let days = lines(&report("date:day", "2025-07-01..2025-07-02", &july), &[]);
    assert_eq!(days, ["2025-07-01 1 3226 3226 3226 3226", "2025-07-02 1 3226 3226 3226 3226"]);
}

#[test]
fn small_amounts_and_credits() {
    let one = [entry(1, "EUR", "2025-07-01..2025-07-03", 1)];
    let days = lines(&report("date:day", "2025-07-01..2025-07-31", &one), &[]);
    assert_eq!(days, ["2025-07-01 1 0 0 0 0", "2025-07-02 1 1 1 1 1", "2025-07-03 1 0 0 0 0"]);
    let credit = [entry(1, "EUR", "2025-06-30..2025-07-01", -7)];
    let months = lines(&report("date:month", "2025-01-01..2025-12-31", &credit), &[]);
    assert_eq!(months, ["2025-06 1 -4 -4 -4 -4", "2025-07 1 -3 -3 -3 -3"]);
}

#[test]
fn entries_of_amount_0_have_rows_if_they_have_days() {
    let nothing = [entry(1, "EUR", "2025-07-01..2025-07-02", 0)];
    let year = "2025-01-01..2025-12-31";
    assert_eq!(lines(&report("deal", year, &nothing), &[]), ["1 2 0 0 0 0"]);
    let august = report("", "2025-08-01..2025-08-31", &nothing);
    assert_eq!(lines(&august, &[]), [""; 0]);
    assert_eq!(august.totals(), Ok(vec![]));
    let query = ReportQuery { window: Window::NONE, ..query("date:day", year, 10) };
    let mut empty = Report::new(query);
    empty.add(&nothing[0]);
    assert_eq!((empty.rows(&[]), empty.totals()), (Ok(vec![]), Ok(vec![])));
}

fn mixed() -> [Entry; 3] {
    [
        entry(3, "EUR", "2025-07-10..2025-07-11", 10),
        entry(2, "USD", "2025-07-11..2025-07-12", 100),
        entry(1, "EUR", "2025-08-01..2025-08-01", 7),
    ]
}

#[test]
fn rows_of_several_currencies_show_the_default_currency_only() {
    let summer = "2025-07-01..2025-08-31";
    assert_eq!(
        lines(&report("date:month", summer, &mixed()), &[]),
        ["2025-07 4 - - - 210", "2025-08 1 7 0 7 7"]
    );
    assert_eq!(
        lines(&report("date:month,currency", summer, &mixed()), &[]),
        ["2025-07.EUR 2 10 5 10 10", "2025-07.USD 2 100 0 100 200", "2025-08.EUR 1 7 0 7 7"]
    );
    let report = report("date:month", summer, &mixed());
    let rows = report.rows(&[]).unwrap();
    let currencies: Vec<_> = rows.iter().map(|row| row.currency()).collect();
    assert_eq!(currencies, [None, Some(currency("EUR"))]);
    let totals = report.totals().unwrap();
    let shown = totals.iter().map(|total| {
        let figures = [Figure::Revenue, Figure::Recognised, Figure::RevenueDefault];
        (total.currency.code(), total.count, figures.map(|figure| total.figure(figure)))
    });
    assert_eq!(shown.collect::<Vec<_>>(), [("EUR", 3, [17, 5, 17]), ("USD", 2, [100, 0, 200])]);
}

#[test]
fn keys_and_ids_are_in_the_order_of_the_groups() {
    let report = report("creator,date:quarter,deal", "2025-07-01..2025-08-31", &mixed());
    let ids = |sort: &[&str]| -> Vec<String> {
        let lines = lines(&report, sort);
        lines.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&[]), ["11.2025-Q3.1", "13.2025-Q3.3", "-.2025-Q3.2"]);
    assert_eq!(ids(&["-creator"]), ["13.2025-Q3.3", "11.2025-Q3.1", "-.2025-Q3.2"]);
    assert_eq!(ids(&["-deal"]), ["13.2025-Q3.3", "-.2025-Q3.2", "11.2025-Q3.1"]);
    assert_eq!(ids(&["count", "-deal"]), ["11.2025-Q3.1", "13.2025-Q3.3", "-.2025-Q3.2"]);
    assert_eq!(ids(&["-total_revenue_default"])[0], "-.2025-Q3.2");
    let first = report.rows(&[]).unwrap()[0];
    assert_eq!(first.key(Group::Creator), Key::Id(Some(11)));
    let quarter = report.grouping().groups()[1];
    assert_eq!(report.grouping().date_period(&first).as_deref(), Some("2025-Q3"));
    assert_eq!(first.key(quarter).to_string(), "2025-Q3");
}

fn of_every_status() -> [Entry; 3] {
    let days = "2025-07-01..2025-07-20";
    let with = |deal, status| Entry { status, probability: 50, ..entry(deal, "EUR", days, 200) };
    [with(1, DealStatus::Won), with(2, DealStatus::Open), with(3, DealStatus::Lost)]
}

#[test]
fn only_won_deals_are_recognised_and_all_are_projected() {
    let summer = "2025-07-01..2025-08-31";
    let report = report("status", summer, &of_every_status());
    assert_eq!(
        lines(&report, &[]),
        ["lost 20 200 0 100 200", "open 20 200 0 100 200", "won 20 200 100 100 200"]
    );
    assert_eq!(lines(&report, &["-status"])[0], "won 20 200 100 100 200");
    let won = report.rows(&[]).unwrap()[2];
    assert_eq!(won.key(Group::Status), Key::Status(DealStatus::Won));
    assert_eq!(won.key(Group::Status).to_string(), "won");
    let total = report.totals().unwrap()[0];
    let figures = [Figure::Revenue, Figure::Recognised, Figure::Projected];
    assert_eq!(figures.map(|figure| total.figure(figure)), [600, 100, 300]);
}

#[test]
fn a_row_adds_up_deals_of_every_status() {
    let summer = "2025-07-01..2025-08-31";
    let report = report("date:month", summer, &of_every_status());
    assert_eq!(lines(&report, &[]), ["2025-07 60 600 100 300 600"]);
}

#[test]
fn nulls_come_last_in_both_directions() {
    let report = report("date:month", "2025-07-01..2025-08-31", &mixed());
    for sort in ["total_revenue", "-total_revenue"] {
        assert_eq!(lines(&report, &[sort])[1], "2025-07 4 - - - 210", "{sort}");
    }
}

#[test]
fn a_sum_that_does_not_fit_is_an_error_that_names_the_figure() {
    let day = "2025-07-01..2025-07-01";
    let entries =
        [entry(1, "EUR", day, i64::MAX), entry(2, "EUR", day, 1), entry(3, "EUR", day, -1)];
    let fails = |entries: &[Entry]| report("date:month", day, entries).rows(&[]).unwrap_err();
    let error = fails(&entries[..2]);
    let row = "2025-07".to_owned();
    assert_eq!(error, ReportError::RowOverflow { figure: Figure::Revenue, row });
    let text = "total_revenue of 2025-07 does not fit 64 bits of minor units";
    assert_eq!(error.to_string(), text);
    let totals = report("deal", day, &entries[..2]);
    assert!(totals.rows(&[]).is_ok());
    let text = "total_revenue of all rows in EUR does not fit 64 bits of minor units";
    assert_eq!(totals.totals().unwrap_err().to_string(), text);

    let all = report("date:month", day, &entries);
    let max = i64::MAX;
    assert_eq!(lines(&all, &[]), [format!("2025-07 3 {max} {max} {max} {max}")]);
}

#[test]
fn sums_that_would_mix_currencies_need_not_fit() {
    let day = "2025-07-01..2025-07-01";
    let mut entries = [entry(1, "EUR", day, i64::MAX), entry(2, "USD", day, i64::MAX)];
    entries[1].amount_default = 0;
    assert!(report("", day, &entries).rows(&[]).is_ok());
    entries[1].amount_default = 1;
    let row = "all".to_owned();
    let error = ReportError::RowOverflow { figure: Figure::RevenueDefault, row };
    assert_eq!(report("", day, &entries).rows(&[]), Err(error));
}

#[test]
fn the_number_of_rows_is_limited() {
    let entries = [entry(1, "EUR", "2025-07-01..2025-07-20", 7)];
    for (max_rows, fits) in [(20, true), (19, false)] {
        let mut report = Report::new(query("date:day", "2025-01-01..2025-12-31", max_rows));
        report.add(&entries[0]);
        report.add(&entries[0]);
        assert_eq!(report.is_too_large(), !fits);
        let expected = if fits { Ok(20) } else { Err(ReportError::TooManyRows { max_rows }) };
        assert_eq!(report.rows(&[]).map(|rows| rows.len()), expected);
        assert_eq!(report.totals().is_ok(), fits);
    }
}

#[test]
#[should_panic(expected = "only reports of the same query can be merged")]
fn reports_of_different_queries_are_not_merged() {
    let mut months = report("date:month", "2025-07-01..2025-08-31", &mixed());
    months.merge(&report("date:day", "2025-07-01..2025-08-31", &mixed()));
}
