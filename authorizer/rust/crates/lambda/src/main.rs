//! The Lambda function: the whole process of a `provided.al2023` function, named `bootstrap`.
//!
//! Init, where the function has its full processor, reads the floor, then the log within its budget; whether that
//! succeeds or not, the first request is answered.

mod authorizer;
mod configuration;
mod file_source;
mod heart;
mod runtime;
mod sender;

use std::env;
use std::process::ExitCode;

use crate::authorizer::Authorizer;
use crate::configuration::Configuration;
use crate::runtime::Runtime;

fn main() -> ExitCode {
    let Ok(api) = env::var("AWS_LAMBDA_RUNTIME_API") else {
        eprintln!("AWS_LAMBDA_RUNTIME_API: is not set; AWS Lambda sets it, and so does the local fleet");
        return ExitCode::FAILURE;
    };
    let mut runtime = Runtime::new(api);
    let configuration = match Configuration::read(|name| env::var(name).ok()) {
        Ok(configuration) => configuration,
        Err(misconfigured) => {
            eprintln!("{misconfigured}");
            let _ = runtime.fail_init("Misconfigured", &misconfigured); // whoever reads the log has it already
            return ExitCode::FAILURE;
        }
    };
    let mut authorizer = Authorizer::start(configuration);
    let Err(error) = runtime.serve(&mut authorizer);
    eprintln!("the runtime API cannot be reached: {error}");
    ExitCode::FAILURE
}
