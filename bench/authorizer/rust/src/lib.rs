//! What the benches share: the workload of a run, and CPU time taken so that ratios hold on a busy machine.

pub mod bare;
pub mod measure;
pub mod whole;
pub mod workload;
