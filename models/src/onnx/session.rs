//! A session: the model in the runtime, on its provider, checked against the manifest.

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::Outlet;

use super::{Engine, OpenError, Output, library, provider};
use crate::head::Head;
use crate::manifest::{Entry, Input};

/// The bytes go to the runtime as they were hashed: a file swapped meanwhile changes nothing.
pub(super) fn open(entry: &Entry, engine: &Engine, bytes: &[u8]) -> Result<Session, OpenError> {
    open_bytes(&entry.name, engine, bytes)
}

/// `model` is its name for whoever reads the error.
pub(super) fn open_bytes(model: &str, engine: &Engine, bytes: &[u8]) -> Result<Session, OpenError> {
    library::with(engine, |environment| {
        provider::demand(engine)?;
        build(environment, model, engine, bytes)
    })
}

fn build(
    environment: &Environment,
    model: &str,
    engine: &Engine,
    bytes: &[u8],
) -> Result<Session, OpenError> {
    let refused =
        |source: ort::Error| OpenError::Model { model: model.to_owned(), source: Box::new(source) };
    let builder = options(environment, engine.n_threads).map_err(refused)?;
    let mut builder = provider::register(builder, engine)?;
    builder.commit_from_memory(bytes).map_err(refused)
}

fn options(environment: &Environment, n_threads: usize) -> ort::Result<SessionBuilder> {
    // Spinning threads doubled the CPU of a frame under load; see docs/performance.md.
    let builder = Session::builder(environment)?
        .with_intra_threads(n_threads)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        // A plan of all tensors in one block costs 4 MB more, and no time is gained by it.
        .with_memory_pattern(false)?
        .with_log_level(ort::logging::LogLevel::Error)?;
    Ok(builder)
}

/// One picture, three planes.
pub(super) fn input_shape(input: &Input) -> [i64; 4] {
    [1, 3, input.height.into(), input.width.into()]
}

/// Refuses a model whose input and outputs are not those of the manifest, before a picture is lost on
/// it.
pub(super) fn match_outputs(
    entry: &Entry,
    head: &Head,
    session: &Session,
) -> Result<Vec<Output>, OpenError> {
    let refused = |problem: String| OpenError::Head { model: entry.name.clone(), problem };
    let wanted = input_shape(&entry.input);
    check("input", session.inputs(), &entry.input.name, &wanted).map_err(refused)?;
    let names = &entry.head.outputs;
    let shapes = names.iter().zip(head.shapes());
    shapes
        .map(|(name, shape)| {
            let wanted: Vec<i64> =
                shape.iter().map(|&it| i64::try_from(it).unwrap_or(i64::MAX)).collect();
            check("output", session.outputs(), name, &wanted).map_err(refused)?;
            Ok(Output { name: name.clone(), shape: wanted })
        })
        .collect()
}

/// A dimension of -1 is not known before the first run, which checks it again.
fn check(what: &str, outlets: &[Outlet], name: &str, wanted: &[i64]) -> Result<(), String> {
    let Some(outlet) = outlets.iter().find(|it| it.name() == name) else {
        let names: Vec<_> = outlets.iter().map(Outlet::name).collect();
        return Err(format!("there is no {what} {name:?}, it has {names:?}"));
    };
    let found = outlet.dtype().tensor_shape();
    let fits = found.is_some_and(|found| {
        found.len() == wanted.len()
            && found.iter().zip(wanted).all(|(&found, &wanted)| found < 0 || found == wanted)
    });
    if fits {
        return Ok(());
    }
    let found = found.map_or_else(|| "no tensor".to_owned(), |it| format!("{:?}", &it[..]));
    Err(format!("{what} {name:?} is {found}, {wanted:?} is needed"))
}
