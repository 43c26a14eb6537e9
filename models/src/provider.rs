//! What a model runs on: ONNX Runtime's execution providers, as far as a box in the street can use them.

use std::fmt;
use std::str::FromStr;

/// An execution provider of ONNX Runtime. All but [`Provider::Cpu`] need a library that was built with
/// them.
///
/// Deliberately absent: `tensorrt`, which builds its engine for minutes at each start; `armnn`, which
/// upstream removed; `nnapi`, `coreml` and `directml`, which belong to other systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    /// ONNX Runtime's own kernels: in every library.
    #[default]
    Cpu,
    /// Google's kernels for the processor.
    Xnnpack,
    /// Arm's Compute Library, for the processor.
    Acl,
    /// Graphics cards of Nvidia, Jetson boards among them.
    Cuda,
    /// Intel's processors, and what is built into them.
    OpenVino,
    /// Qualcomm's neural processors. They want an int8 model.
    Qnn,
    /// Rockchip's neural processors, as far as upstream's provider knows them.
    Rknpu,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wanted:?} is no execution provider; known are {}", known())]
pub struct ProviderError {
    wanted: String,
}

impl Provider {
    pub const ALL: [Self; 7] =
        [Self::Cpu, Self::Xnnpack, Self::Acl, Self::Cuda, Self::OpenVino, Self::Qnn, Self::Rknpu];

    /// As it is written in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Xnnpack => "xnnpack",
            Self::Acl => "acl",
            Self::Cuda => "cuda",
            Self::OpenVino => "openvino",
            Self::Qnn => "qnn",
            Self::Rknpu => "rknpu",
        }
    }

    /// What kind of part does the work.
    pub fn device(self) -> Device {
        match self {
            Self::Cpu | Self::Xnnpack | Self::Acl => Device::Processor,
            Self::Cuda => Device::Graphics,
            Self::OpenVino => Device::Chosen,
            Self::Qnn | Self::Rknpu => Device::Neural,
        }
    }
}

/// The part of a machine that does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Processor,
    Graphics,
    Neural,
    /// The provider's own choice, which it does not tell.
    Chosen,
}

impl FromStr for Provider {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| ProviderError { wanted: text.to_owned() })
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn known() -> String {
    Provider::ALL.map(Provider::as_str).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_read_as_it_is_written() {
        for provider in Provider::ALL {
            assert_eq!(provider.to_string().parse(), Ok(provider));
        }
    }

    #[test]
    fn an_unknown_one_is_answered_with_the_known_ones() {
        assert_eq!(
            "gpu".parse::<Provider>().unwrap_err().to_string(),
            "\"gpu\" is no execution provider; known are cpu, xnnpack, acl, cuda, openvino, qnn, rknpu"
        );
    }
}
