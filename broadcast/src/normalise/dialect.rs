//! What the south calls differently in a number.

/// How figures become words. What an author wrote in words stays as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// "Một nghìn không trăm linh năm", as schools teach and the national radio says.
    #[default]
    Standard,
    /// "Một ngàn không trăm lẻ năm".
    Southern,
}

impl Dialect {
    /// The words of a figure as this dialect has them.
    pub(super) fn pronounce(self, words: String) -> String {
        if self == Self::Standard {
            return words;
        }
        let said = |word| match word {
            "nghìn" => "ngàn",
            "linh" => "lẻ",
            same => same,
        };
        let words: Vec<&str> = words.split(' ').map(said).collect();
        words.join(" ")
    }
}
