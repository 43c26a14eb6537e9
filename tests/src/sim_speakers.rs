//! `vong sim speakers` in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::street::Street;

/// Until the value is dropped.
pub struct SimSpeakers(Child);

impl SimSpeakers {
    /// All clusters of the street. With what it told of each.
    pub fn start(vong: &str, street: &Street, arguments: &[&str]) -> (Self, Vec<Value>) {
        let mut child = Command::new(vong)
            .args(["sim", "speakers"])
            .arg(&street.plan.folder)
            .args(arguments)
            .env("VONG_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let n = street.plan.clusters.len();
        let told = lines.take(n).map(|it| serde_json::from_str(&it.unwrap()).unwrap()).collect();
        (Self(child), told)
    }

    /// Stops all of them in order.
    pub fn end(mut self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for SimSpeakers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
