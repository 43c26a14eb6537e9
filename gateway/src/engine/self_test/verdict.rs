//! What the child's end means, and what a person can do about it. Pure.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;

use super::Fitness;
use super::wire::Answer;

/// How the child ended.
#[derive(Debug)]
pub(super) enum Ended {
    Exited {
        status: ExitStatus,
        stdout: Vec<u8>,
    },
    /// It was killed.
    Hung {
        after: Duration,
    },
}

/// Why the box does not start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SelfTestError {
    #[error("the detector does not work: {reason}")]
    Failed { reason: String },
    #[error("the detector does not work: onnx runtime {} {cause}", library.display())]
    Killed { library: PathBuf, cause: String },
    #[error(
        "the detector does not work: onnx runtime {} did not come back within {} s: {UNBLOCK}",
        library.display(), after.as_secs()
    )]
    Hung { library: PathBuf, after: Duration },
    #[error("the detector does not work: its self-test ended with {status} and said nothing")]
    Silent { status: ExitStatus },
}

const UNBLOCK: &str = "check the device and the driver of detector.provider, and that the disk with \
                       the library and the model answers";

/// `library` is for the message.
pub(super) fn judge(ended: &Ended, library: &Path) -> Result<Fitness, SelfTestError> {
    let library = library.to_owned();
    let (status, stdout) = match ended {
        Ended::Hung { after } => return Err(SelfTestError::Hung { library, after: *after }),
        Ended::Exited { status, stdout } => (*status, stdout),
    };
    if let Some(signal) = status.signal() {
        return Err(SelfTestError::Killed { library, cause: cause(signal) });
    }
    match Answer::read(stdout) {
        Some(Answer::Works { device, provider, ms }) if status.success() => {
            Ok(Fitness { device, provider, ms })
        }
        Some(Answer::Fails { error }) => {
            Err(SelfTestError::Failed { reason: error.trim_end().to_owned() })
        }
        Some(Answer::Works { .. }) | None => Err(SelfTestError::Silent { status }),
    }
}

fn cause(signal: i32) -> String {
    let is = |it: Signal| it.as_raw() == signal;
    let known = if is(Signal::ILL) {
        "was killed by SIGILL: it uses an instruction that this processor has not. This is known of \
         onnx runtime 1.21 and later on older ARM cores such as Cortex-A72 and in sandboxes that \
         hide /proc/cpuinfo (ProcSubset=pid): look at the unit, or name a library that was built \
         for this processor (detector.library and detector.library_sha256)"
    } else if is(Signal::SYS) {
        "was killed by SIGSYS: the sandbox forbids a system call that it needs: look at \
         SystemCallFilter of the unit"
    } else if is(Signal::KILL) {
        "was killed by SIGKILL, most likely because memory ran out: look at the kernel's log and at \
         MemoryMax of the unit"
    } else if [Signal::SEGV, Signal::BUS, Signal::ABORT].into_iter().any(is) {
        return format!(
            "crashed with signal {signal}: name another library or another detector.provider"
        );
    } else {
        return format!("was ended by signal {signal}");
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = "/usr/lib/vong/libonnxruntime.so";

    /// `wait_status` as wait(2) gives it: a signal's number, or an exit code times 256.
    fn ended(wait_status: i32, stdout: &str) -> Ended {
        let status = ExitStatus::from_raw(wait_status);
        Ended::Exited { status, stdout: stdout.as_bytes().to_vec() }
    }

    /// The sentence that the box does not start with has all of `expected`.
    #[track_caller]
    fn refuses(ended: &Ended, expected: &[&str]) {
        let said = judge(ended, Path::new(LIBRARY)).unwrap_err().to_string();
        for part in expected.iter().chain(&["the detector does not work"]) {
            assert!(said.contains(part), "{part:?} is not in {said:?}");
        }
    }

    #[test]
    fn one_that_works_says_on_what_and_how_fast() {
        let said = "a driver's greeting\n{\"device\":\"cpu\",\"provider\":\"cpu\",\"ms\":15.2}\n";
        let fitness = judge(&ended(0, said), Path::new(LIBRARY)).unwrap();
        let expected = Fitness { device: "cpu".to_owned(), provider: "cpu".to_owned(), ms: 15.2 };
        assert_eq!(fitness, expected);
    }

    #[test]
    fn its_own_words_are_passed_on() {
        refuses(
            &ended(256, "{\"error\":\"the model is truncated\"}\n"),
            &["the model is truncated"],
        );
    }

    #[test]
    fn an_unknown_instruction_is_explained_with_the_way_out() {
        refuses(
            &ended(Signal::ILL.as_raw(), ""),
            &[LIBRARY, "SIGILL", "Cortex-A72", "ProcSubset", "detector.library"],
        );
    }

    #[test]
    fn each_violent_end_has_its_own_sentence() {
        refuses(&ended(Signal::KILL.as_raw(), ""), &[LIBRARY, "SIGKILL", "memory"]);
        refuses(&ended(Signal::SYS.as_raw(), ""), &[LIBRARY, "SystemCallFilter"]);
        refuses(&ended(Signal::SEGV.as_raw(), ""), &[LIBRARY, "crashed with signal 11"]);
        refuses(&ended(Signal::TERM.as_raw(), ""), &[LIBRARY, "was ended by signal 15"]);
        // The bit that says that a core was dumped changes nothing.
        refuses(&ended(Signal::ABORT.as_raw() | 0x80, ""), &[LIBRARY, "crashed with signal 6"]);
    }

    #[test]
    fn one_that_hangs_is_not_waited_for() {
        let hung = Ended::Hung { after: Duration::from_secs(30) };
        refuses(&hung, &[LIBRARY, "within 30 s", "driver"]);
    }

    #[test]
    fn silence_is_no_success() {
        refuses(&ended(0, ""), &["said nothing"]);
        refuses(&ended(256, "garbage"), &["exit status: 1"]);
        let works = "{\"device\":\"cpu\",\"provider\":\"cpu\",\"ms\":15.2}";
        refuses(&ended(256, works), &["exit status: 1"]);
    }
}
