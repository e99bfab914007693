//! What open distributions are worth: the value that a preview would show, kept on the row so that
//! lists show it too. A forecast, as of the last pass; triggering makes it final.

use apportion_store::due::{self, Waiting};
use apportion_store::{self as store, Scope, distribution, distributor};
use chrono::{DateTime, SubsecRound, Utc};

use crate::engine::snapshot::preview;
use crate::engine::{CHUNK, Engine};

impl Engine {
    /// Refreshes open distributions with higher ids than `after`, about `limit` of them. Answers
    /// with the last id, or none where the end was reached.
    pub(crate) async fn refresh(
        &self,
        now: DateTime<Utc>,
        (after, limit): (i64, usize),
    ) -> store::Result<Option<i64>> {
        let now = now.trunc_subsecs(3);
        let (mut after, mut done) = (after, 0_usize);
        while done < limit && !self.is_stopped() {
            let open = self.store.read(move |session| due::open(session, after, CHUNK)).await?;
            let Some(last) = open.last() else { return Ok(None) };
            after = last.distribution_id;
            done = done.saturating_add(open.len());
            for waiting in open {
                if self.is_stopped() {
                    break;
                }
                if let Err(error) = self.forecast(waiting, now).await {
                    log::warn!(
                        target: "apportion::engine",
                        organization = waiting.organization.0,
                        distributor = waiting.distributor_id;
                        "an open distribution was not refreshed: {error}"
                    );
                }
            }
        }
        Ok(Some(after))
    }

    /// Writes only where the value is another: a pass over what stays as it is changes nothing.
    async fn forecast(&self, waiting: Waiting, now: DateTime<Utc>) -> store::Result<()> {
        let scope = Scope::of(waiting.organization);
        let distributor = waiting.distributor_id;
        let planned = self.store.read(move |session| {
            session.snapshot(&scope, |session| preview(&scope, session, (distributor, now)))
        });
        let Some((_, Some(planned))) = planned.await? else { return Ok(()) };
        let (open, value) = (planned.open, planned.plan.value);
        if open.value == value {
            return Ok(());
        }
        let write = self.store.write(scope, move |session| {
            distributor::lock(&scope, session, distributor)?;
            distribution::forecast(&scope, session, (open.id, open.version), value)
        });
        write.await
    }
}
