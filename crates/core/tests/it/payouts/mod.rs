//! Distributors, obligations, shares and the plans of the engine.

mod accumulation;
mod credits;
mod distributions;
mod distributors;
mod obligations;
mod payer;
mod plan_pools;
mod plan_properties;
mod plans;
mod refunds;
mod resolvers;
mod settlements;
mod share_explanations;
mod shares;
mod uncounted;
