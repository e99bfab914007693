//! Rows of metric credits, which are only ever added.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::database::schema::metric_credits;
use crate::error::Result;
use crate::rows::macros::insert_row;
use crate::session::tenant::Tenant;
use crate::{fields, stored};

fields! {
    metric_credits;
    /// The id.
    ID = id;
    /// Who counts it.
    DISTRIBUTOR_ID = distributor_id;
    /// Who is credited.
    COLLABORATOR_ID = collaborator_id;
    /// Who credited, if a token named a person.
    CREATOR_ID = creator_id;
    /// Above 0.
    POINTS = points;
    /// Why.
    REASON = reason;
    /// When the row was made, UTC.
    CREATED_AT = created_at;
}

/// A credit.
#[derive(Clone, Debug, Queryable)]
pub struct MetricCreditRow {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// Who counts it.
    pub distributor_id: i64,
    /// Who is credited.
    pub collaborator_id: i64,
    /// The metric that it is part of.
    pub metric_id: i64,
    /// Who credited, if a token named a person.
    pub creator_id: Option<i64>,
    /// Above 0.
    pub points: i64,
    /// Why.
    pub reason: Option<String>,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
}

stored!(MetricCreditRow in metric_credits by "\"metric_credits\".\"organization_id\"");

/// A credit that is given.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = metric_credits, treat_none_as_default_value = false)]
pub struct NewMetricCredit {
    /// Who counts it.
    pub distributor_id: i64,
    /// Who is credited.
    pub collaborator_id: i64,
    /// The metric that it is part of.
    pub metric_id: i64,
    /// Above 0.
    pub points: i64,
    /// Why.
    pub reason: Option<String>,
}

/// Adds a credit; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    content: &NewMetricCredit,
    now: NaiveDateTime,
) -> Result<i64> {
    insert_row!(
        metric_credits,
        tenant,
        now,
        metric_credits::creator_id.eq(tenant.creator()),
        content,
        metric_credits::created_at.eq(now)
    )
}
