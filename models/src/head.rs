//! Reading a model's outputs: one head a family of models, one `decode` for all.

mod nms;
mod picodet;
mod ssd;
mod yolox;

pub(crate) use nms::{Candidate, suppress};

use crate::manifest::{Entry, HeadKind};

/// Input pixels a source pixel, each way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

#[derive(Debug)]
pub(crate) enum Head {
    Yolox(yolox::Yolox),
    PicoDet(picodet::PicoDet),
    Ssd(ssd::Ssd),
}

impl Head {
    pub(crate) fn new(entry: &Entry) -> Self {
        let (width, height) = (entry.input.width, entry.input.height);
        let n_classes = entry.labels.names().len();
        match &entry.head.kind {
            HeadKind::Yolox { strides } => {
                Self::Yolox(yolox::Yolox::new(n_classes, width, height, strides))
            }
            HeadKind::PicoDet { strides } => {
                Self::PicoDet(picodet::PicoDet::new(n_classes, width, height, strides))
            }
            HeadKind::Ssd { n_anchors } => {
                Self::Ssd(ssd::Ssd::new(&entry.labels, width, height, *n_anchors))
            }
        }
    }

    /// The shape that each output must have, in the order of the manifest.
    pub(crate) fn shapes(&self) -> Vec<Vec<usize>> {
        match self {
            Self::Yolox(head) => vec![head.shape().to_vec()],
            Self::PicoDet(head) => head.shapes().iter().map(|it| it.to_vec()).collect(),
            Self::Ssd(head) => head.shapes(),
        }
    }

    /// Appends what scores above `least` to `out`. `outputs` have the lengths of [`Self::shapes`].
    pub(crate) fn decode(
        &self,
        outputs: &[&[f32]],
        least: f32,
        scale: Scale,
        out: &mut Vec<Candidate>,
    ) {
        match (self, outputs) {
            (Self::Yolox(head), [output]) => head.decode(output, least, scale, out),
            (Self::PicoDet(head), outputs) => head.decode(outputs, least, scale, out),
            (Self::Ssd(head), [scores, boxes]) => head.decode(scores, boxes, least, scale, out),
            (Self::Yolox(_) | Self::Ssd(_), _) => {}
        }
    }
}

/// The first of the largest, as numpy's `argmax` picks it.
fn best(scores: &[f32]) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (class, &score) in scores.iter().enumerate() {
        if best.is_none_or(|(_, so_far)| score > so_far) {
            best = Some((class, score));
        }
    }
    best
}
