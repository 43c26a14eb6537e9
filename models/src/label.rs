//! Names of classes, and the numbers that COCO gave them.

/// The classes of a model. COCO numbers its 80 classes from 1 to 90, with gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    names: Vec<String>,
    category_ids: Vec<u16>,
}

/// The 80 classes of COCO 2017 with their `category_id`, from the annotation files' own list.
#[rustfmt::skip]
const COCO: [(u16, &str); 80] = [
    (1, "person"), (2, "bicycle"), (3, "car"), (4, "motorcycle"), (5, "airplane"), (6, "bus"),
    (7, "train"), (8, "truck"), (9, "boat"), (10, "traffic light"), (11, "fire hydrant"),
    (13, "stop sign"), (14, "parking meter"), (15, "bench"), (16, "bird"), (17, "cat"), (18, "dog"),
    (19, "horse"), (20, "sheep"), (21, "cow"), (22, "elephant"), (23, "bear"), (24, "zebra"),
    (25, "giraffe"), (27, "backpack"), (28, "umbrella"), (31, "handbag"), (32, "tie"),
    (33, "suitcase"), (34, "frisbee"), (35, "skis"), (36, "snowboard"), (37, "sports ball"),
    (38, "kite"), (39, "baseball bat"), (40, "baseball glove"), (41, "skateboard"),
    (42, "surfboard"), (43, "tennis racket"), (44, "bottle"), (46, "wine glass"), (47, "cup"),
    (48, "fork"), (49, "knife"), (50, "spoon"), (51, "bowl"), (52, "banana"), (53, "apple"),
    (54, "sandwich"), (55, "orange"), (56, "broccoli"), (57, "carrot"), (58, "hot dog"),
    (59, "pizza"), (60, "donut"), (61, "cake"), (62, "chair"), (63, "couch"), (64, "potted plant"),
    (65, "bed"), (67, "dining table"), (70, "toilet"), (72, "tv"), (73, "laptop"), (74, "mouse"),
    (75, "remote"), (76, "keyboard"), (77, "cell phone"), (78, "microwave"), (79, "oven"),
    (80, "toaster"), (81, "sink"), (82, "refrigerator"), (84, "book"), (85, "clock"), (86, "vase"),
    (87, "scissors"), (88, "teddy bear"), (89, "hair drier"), (90, "toothbrush"),
];

impl Labels {
    /// COCO's 80 classes, in COCO's order.
    pub fn coco() -> Self {
        let (category_ids, names) = COCO.iter().map(|(id, name)| (*id, (*name).to_owned())).unzip();
        Self { names, category_ids }
    }

    /// Classes of somebody's own model, numbered from 1.
    pub fn own(names: Vec<String>) -> Self {
        let category_ids = (1..).take(names.len()).collect();
        Self { names, category_ids }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn name(&self, class: usize) -> Option<&str> {
        self.names.get(class).map(String::as_str)
    }

    /// COCO's `category_id` of a class.
    pub fn category_id(&self, class: usize) -> Option<u16> {
        self.category_ids.get(class).copied()
    }

    /// The class that COCO numbers `id`.
    pub fn with_category_id(&self, id: u16) -> Option<usize> {
        self.category_ids.iter().position(|it| *it == id)
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|it| it == name)
    }

    /// The names that `name` may be a slip of: one letter in three differs at most, nearest first.
    pub fn near(&self, name: &str) -> Vec<&str> {
        let wanted: Vec<char> = name.to_lowercase().chars().collect();
        let mut near: Vec<(usize, &str)> = self
            .names
            .iter()
            .map(|it| (n_edits(&wanted, it), it.as_str()))
            .filter(|(n_edits, it)| n_edits * 3 <= it.chars().count())
            .collect();
        near.sort_unstable();
        near.into_iter().map(|(_, it)| it).collect()
    }
}

/// Letters to insert, delete or replace until `a` is `b` (Levenshtein), row by row.
fn n_edits(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (n_before, other) in b.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = n_before + 1;
        for (at, letter) in a.iter().enumerate() {
            let replaced = diagonal + usize::from(*letter != other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[a.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        let labels = Labels::coco();
        assert_eq!(labels.near("Person"), ["person"]);
        assert_eq!(labels.near("preson"), ["person"]);
        assert_eq!(labels.near("motorcyle"), ["motorcycle"]);
        assert_eq!(labels.near("cab"), ["car", "cat"]);
        assert!(labels.near("người").is_empty() && labels.near("").is_empty());
    }

    #[test]
    fn coco_numbers_have_gaps() {
        let labels = Labels::coco();
        let class = labels.find("toothbrush").unwrap();
        assert_eq!((class, labels.category_id(class)), (79, Some(90)));
        assert_eq!(labels.with_category_id(12), None);
        assert_eq!(labels.with_category_id(1), labels.find("person"));
    }
}
