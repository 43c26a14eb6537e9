"""Makes an int8 model: quantise.py MANIFEST NAME FLOAT_MODEL TARGET PICTURE...

Run by scripts/quantise-model.sh, in its own environment. Static quantisation with ONNX Runtime's own
tools: 8-bit activations (unsigned) and weights (signed, a scale for each channel), as pairs of
QuantizeLinear and DequantizeLinear around each operator.

Two parts stay in float. The first convolutions: the range of what they see differs by orders of
magnitude from channel to channel, and one scale for all of an activation leaves nothing of the small ones.
And the last ones with what follows: they write positions and scores, and cost next to nothing.
"""

import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
from onnxruntime.quantization import (
    CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

# The first with a scale for each channel of a QuantizeLinear.
OPSET = 13


class Pictures(CalibrationDataReader):
    """Pictures as the model sees them in `vong`: models/src/letterbox.rs."""

    def __init__(self, spec, paths):
        self.spec = spec
        self.paths = iter(paths)

    def get_next(self):
        path = next(self.paths, None)
        return None if path is None else {self.spec["name"]: self.read(path)}

    def read(self, path):
        spec = self.spec
        width, height = spec["width_px"], spec["height_px"]
        picture = Image.open(path).convert("RGB")
        if spec["fit"] == "letterbox":
            scale = min(width / picture.width, height / picture.height)
            size = (round(picture.width * scale), round(picture.height * scale))
        else:
            size = (width, height)
        seen = np.asarray(picture.resize(size, Image.Resampling.BILINEAR), np.float32)
        pixels = np.full((height, width, 3), spec.get("pad", 0), np.float32)
        pixels[:size[1], :size[0]] = seen
        if spec["channels"] == "bgr":
            pixels = pixels[:, :, ::-1]
        mean, std = spec.get("mean", [0, 0, 0]), spec.get("std", [1, 1, 1])
        pixels = (pixels - np.float32(mean)) / np.float32(std)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def prepare(source, target):
    """Names every node, raises the opset, folds and fuses what can be before the scales are chosen."""
    model = onnx.load(source)
    for at, node in enumerate(model.graph.node):
        node.name = node.name or f"node_{at}"
    if model.opset_import[0].version < OPSET:
        model = onnx.version_converter.convert_version(model, OPSET)
    onnx.save(model, target)
    quant_pre_process(target, target, skip_symbolic_shape=True)
    return onnx.load(target).graph


def last_convolutions(graph):
    """The convolutions nearest to the outputs, and all that follows them."""
    makers = {output: node for node in graph.node for output in node.output}
    found, waiting = set(), [output.name for output in graph.output]
    while waiting:
        node = makers.get(waiting.pop())
        if node is not None and node.name not in found:
            found.add(node.name)
            if node.op_type != "Conv":
                waiting.extend(node.input)
    return found


def first_convolutions(graph, n):
    """With the activations behind them."""
    chosen = [node for node in graph.node if node.op_type == "Conv"][:n]
    found, waiting = set(), list(chosen)
    while waiting:
        node = waiting.pop()
        found.add(node.name)
        waiting.extend(user for user in graph.node
                       if user.op_type in ("Sigmoid", "Mul", "HardSigmoid", "HardSwish", "Relu", "Clip")
                       and user.name not in found and set(user.input) & set(node.output))
    return found


def main(manifest, name, source, target, *pictures):
    models = {it["name"]: it for it in tomllib.loads(Path(manifest).read_text())["model"]}
    entry = models[name]
    with tempfile.TemporaryDirectory() as scratch:
        prepared = str(Path(scratch) / "prepared.onnx")
        graph = prepare(source, prepared)
        kept = last_convolutions(graph) | first_convolutions(graph, entry["quantised"]["n_first_float"])
        quantize_static(
            prepared, target, Pictures(entry["input"], pictures), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax, nodes_to_exclude=sorted(kept))
    print(f"quantise: {len(graph.node) - len(kept)} of {len(graph.node)} operators in int8, "
          f"scales from {len(pictures)} pictures", file=sys.stderr)


main(*sys.argv[1:])
