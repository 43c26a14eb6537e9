//! A model of one operator, written byte by byte: it eats what YOLOX eats, and says something else.
//!
//! The format is protobuf (onnx.proto of ONNX 1.8): a field is its number and type in one byte, then its
//! value; everything of a length has the length before it.

/// The mean of the channels, as the output `output`. Its shape is not known before a picture runs
/// through: the input's dimensions have names.
pub fn mean_of_channels() -> Vec<u8> {
    const INTS: u8 = 7;
    const INT: u8 = 2;
    let axes = [text(1, "axes"), number(8, 1), number(20, INTS)].concat();
    let keep = [text(1, "keepdims"), number(3, 0), number(20, INT)].concat();
    let node = [
        text(1, "images"),
        text(2, "output"),
        text(4, "ReduceMean"),
        bytes(5, &axes),
        bytes(5, &keep),
    ]
    .concat();
    let graph = [
        bytes(1, &node),
        text(2, "mean"),
        bytes(11, &tensor("images", &["n", "c", "h", "w"])),
        bytes(12, &tensor("output", &["n", "h", "w"])),
    ]
    .concat();
    let opset = number(2, 11);
    [number(1, 7), bytes(7, &graph), bytes(8, &opset)].concat()
}

/// A value of f32 with named dimensions.
fn tensor(name: &str, dimensions: &[&str]) -> Vec<u8> {
    const FLOAT: u8 = 1;
    let shape: Vec<u8> = dimensions.iter().flat_map(|it| bytes(1, &text(2, it))).collect();
    let tensor = [number(1, FLOAT), bytes(2, &shape)].concat();
    [text(1, name), bytes(2, &bytes(1, &tensor))].concat()
}

fn text(field: u8, value: &str) -> Vec<u8> {
    bytes(field, value.as_bytes())
}

fn bytes(field: u8, value: &[u8]) -> Vec<u8> {
    [&key(field, 2), &varint(value.len())[..], value].concat()
}

fn number(field: u8, value: u8) -> Vec<u8> {
    [key(field, 0), varint(value.into())].concat()
}

fn key(field: u8, wire_type: usize) -> Vec<u8> {
    varint(usize::from(field) << 3 | wire_type)
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut said = Vec::new();
    while value >= 128 {
        said.push(u8::try_from(value & 127).unwrap() | 128);
        value >>= 7;
    }
    said.push(u8::try_from(value).unwrap());
    said
}
