//! The steps of an authorizer, pure: no clock, no network, no file.
//!
//! `docs/reference/decision.md` and `docs/reference/log.md` as code, with the same step names and numbers as the Python
//! reference (`reconciler/gatefleet/{contract,decide,log}`). `View` holds what one gateway needs of the log, `decide`
//! answers, `respond` says it the way API Gateway wants to hear it, and `log_line` is all that is ever written down about
//! it.

pub mod addresses;
pub mod base64url;
mod clients;
pub mod credentials;
pub mod decide;
pub mod decision_id;
pub mod digests;
pub mod entities;
pub mod event;
pub mod heartbeat;
pub mod json_text;
pub mod keys;
pub mod log;
pub mod log_line;
mod lookup;
pub mod outcome;
pub mod path;
pub mod reasons;
pub mod respond;
pub mod routes;
pub mod shape;
mod slots;
pub mod strict_json;
pub mod token;
pub mod trace;
pub mod view;
