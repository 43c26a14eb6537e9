//! Puts a session on its execution provider, or says why the library cannot.

use std::num::NonZeroUsize;

use ort::ep::{self, ExecutionProvider, ExecutionProviderDispatch};
use ort::session::builder::SessionBuilder;

use super::{Engine, OpenError};
use crate::provider::Provider;

/// Refuses a provider that the loaded library was not built with. The runtime's own answer to that is a
/// line in its log, and the processor instead.
pub(super) fn demand(engine: &Engine) -> Result<(), OpenError> {
    let wanted = engine.provider;
    let failed = |source: ort::Error| OpenError::NotALibrary {
        path: engine.library.clone(),
        source: Box::new(source),
    };
    if is_built_in(wanted).map_err(failed)? {
        return Ok(());
    }
    let has: Vec<_> = Provider::ALL
        .into_iter()
        .filter(|it| is_built_in(*it).unwrap_or(false))
        .map(Provider::as_str)
        .collect();
    Err(OpenError::NoProvider { path: engine.library.clone(), wanted, has: has.join(", ") })
}

fn is_built_in(provider: Provider) -> ort::Result<bool> {
    match provider {
        Provider::Cpu => ep::CPU::is_available(),
        Provider::Xnnpack => ep::XNNPACK::is_available(),
        Provider::Acl => ep::ACL::is_available(),
        Provider::Cuda => ep::CUDA::is_available(),
        Provider::OpenVino => ep::OpenVINO::is_available(),
        Provider::Qnn => ep::QNN::is_available(),
        Provider::Rknpu => ep::RKNPU::is_available(),
    }
}

/// What the provider cannot compute of a model stays on the processor: that is the runtime's to divide.
pub(super) fn register(
    builder: SessionBuilder,
    engine: &Engine,
) -> Result<SessionBuilder, OpenError> {
    let Some(provider) = dispatch(engine) else { return Ok(builder) };
    builder.with_execution_providers([provider.error_on_failure()]).map_err(|source| {
        OpenError::Provider {
            path: engine.library.clone(),
            wanted: engine.provider,
            source: Box::new(<ort::Error>::from(source)),
        }
    })
}

/// `None` for the processor, which every session ends on.
fn dispatch(engine: &Engine) -> Option<ExecutionProviderDispatch> {
    Some(match engine.provider {
        Provider::Cpu => return None,
        Provider::Xnnpack => {
            let n_threads = NonZeroUsize::new(engine.n_threads).unwrap_or(NonZeroUsize::MIN);
            // It has a pool of its own, beside that of the session.
            ep::XNNPACK::default().with_intra_op_num_threads(n_threads).build()
        }
        Provider::Acl => ep::ACL::default().build(),
        Provider::Cuda => ep::CUDA::default().build(),
        Provider::OpenVino => ep::OpenVINO::default().with_num_threads(engine.n_threads).build(),
        Provider::Qnn => ep::QNN::default().build(),
        Provider::Rknpu => ep::RKNPU::default().build(),
    })
}
