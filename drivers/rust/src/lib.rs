//! What the Rust programs share: scenarios in order, one line for each thing seen. See ../../README.md.
use std::fmt::Display;
use std::future::Future;

/// An error that a scenario did not expect ends it.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Takes what a scenario sees.
#[derive(Clone, Copy)]
pub struct Seen(pub &'static str);

impl Seen {
    pub fn see(&self, text: impl Display) {
        println!("{}\t{}", self.0, text.to_string().replace('\n', " "));
    }
}

/// Runs one and says when it broke.
pub async fn scenario<F: Future<Output = Outcome>>(name: &'static str, run: impl FnOnce(Seen) -> F) {
    if let Err(failure) = run(Seen(name)).await {
        let text = format!("{failure:?}");
        eprintln!("{name}: {text}");
        Seen(name).see(format!("BROKEN {text}"));
    }
}

pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}
