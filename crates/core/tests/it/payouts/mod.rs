//! Distributors, obligations, shares and the plans of the engine.

mod accumulation;
mod credits;
mod distributions;
mod distributors;
mod obligations;
mod payer;
mod plan_laws;
mod plan_pools;
mod plans;
mod resolvers;
mod share_explanations;
mod shares;
