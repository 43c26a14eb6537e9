//! Why a request about the calendar was not done.

use broadcast::calendar::{LayerError, UnknownComputed};
use broadcast::ics;
use tokio::task::JoinError;

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum AgendaError {
    #[error("give a window of at most 62 days, its end after its start")]
    Window,
    #[error("there is no layer {name:?}")]
    NoSuchLayer { name: String },
    #[error("there are {most} layers already: delete one that is not needed")]
    TooManyLayers { most: usize },
    #[error("{layer:?} is named by the schedules of {}: change those first", .by.join(", "))]
    InUse { layer: String, by: Vec<String> },
    #[error(transparent)]
    Computed(#[from] UnknownComputed),
    #[error(transparent)]
    Layer(#[from] LayerError),
    #[error("the file is not taken:\n{0}")]
    Ics(#[from] ics::Refused),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the planner did not come to an end")]
    Broken(#[from] JoinError),
}
