#!/usr/bin/env python3
"""How many crossings into an area are told, event by event: precision and recall.

    scripts/intrusion.sh VONG TRUTH

Two films are judged with nine areas each, laid as a grid over the ground so that nobody chooses them:

- scripted: people cut out of the street video and laid over its empty background, one after the other and in
  pairs, each walk forwards and backwards. Only stretches in which nobody else stands in the way are taken, so the
  truth knows where their feet are in each frame.
- street: the video as it is, with everybody in it.

An entry of the truth goes from clearly outside to clearly inside (a tenth of the person's height, 6 px at least)
and stays a second. Whoever only grazes an area, begins in it or ends in it sooner is neither asked for nor held
against it. A told alert belongs to an entry of its area between 1 s before and 3 s after the feet are inside; each
to one.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy

WIDTH, HEIGHT, FPS = 768, 576, 10
COLUMNS = [(0.05, 0.35), (0.35, 0.65), (0.65, 0.95)]
ROWS = [(0.36, 0.52), (0.52, 0.70), (0.70, 0.96)]
AREAS = {f"o{r}{c}": (*COLUMNS[c], *ROWS[r]) for r in range(3) for c in range(3)}
# Frames.
SHORTEST_WALK, REST, LEAD = 40, 30, 50
# Seconds around the instant in which an alert belongs to an entry.
EARLY, LATE = 1.0, 3.0


def load(path):
    """Boxes (x, y, width, height) of each person by frame, from 0."""
    people = {}
    for line in open(path):
        frame, person, *box = line.split(",")[:6]
        people.setdefault(int(person), {})[int(frame) - 1] = tuple(map(float, box))
    return people


def padded(box):
    """Room for arms, bags and a shadow, in whole pixels of the picture."""
    x, y, w, h = box
    left, top = max(0, int(x - 0.3 * w)), max(0, int(y - 0.12 * h))
    return left, top, min(WIDTH, int(x + 1.3 * w)), min(HEIGHT, int(y + 1.12 * h))


def touch(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def lone_walks(people):
    """[(frame, box), ...] in which nobody else is near, forwards and backwards."""
    walks = []
    for person, boxes in people.items():
        others = [it for other, it in people.items() if other != person]
        walk = []
        for frame in [*sorted(boxes), None]:
            is_next = walk and frame is not None and frame == walk[-1][0] + 1
            is_alone = frame is not None and not any(
                frame in it and touch(padded(boxes[frame]), padded(it[frame])) for it in others)
            if walk and not (is_next and is_alone):
                if len(walk) >= SHORTEST_WALK:
                    walks += [walk, walk[::-1]]
                walk = []
            if is_alone:
                walk.append((frame, boxes[frame]))
    return walks


def script(walks):
    """When each walk begins: [(start, walk), ...]. First each alone, then each with the next that keeps clear."""
    start, plan = LEAD, []
    for walk in walks:
        plan.append((start, walk))
        start += len(walk) + REST
    left = list(walks)
    while left:
        first = left.pop(0)
        clear = (it for it in left if not any(touch(padded(a[1]), padded(b[1])) for a, b in zip(first, it)))
        second = next(clear, None)
        plan.append((start, first))
        if second:
            left.remove(second)
            plan.append((start, second))
        start += max(len(first), len(second or [])) + REST
    return plan, start


def read(video):
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", video, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return numpy.frombuffer(raw, numpy.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def film(frames, plan, length, path):
    """Lays each walker's surroundings over the empty street, fading into it at their edges."""
    empty = numpy.median(frames[::12], axis=0)
    noise = numpy.random.default_rng(7)
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s",
               f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20",
               "-pix_fmt", "yuv420p", "-bf", "0", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        for at in range(length):
            picture = empty + noise.normal(0, 1.5, (HEIGHT, WIDTH, 1))
            for start, walk in plan:
                if not start <= at < start + len(walk):
                    continue
                frame, box = walk[at - start]
                left, top, right, bottom = padded(box)
                across = numpy.minimum(numpy.arange(right - left), numpy.arange(right - left)[::-1])
                down = numpy.minimum(numpy.arange(bottom - top), numpy.arange(bottom - top)[::-1])
                share = numpy.clip(numpy.minimum.outer(down, across) / 6, 0, 1)[:, :, None]
                place = (slice(top, bottom), slice(left, right))
                picture[place] += share * (frames[frame][place] - picture[place])
            encoder.stdin.write(picture.clip(0, 255).astype(numpy.uint8).tobytes())
        encoder.stdin.close()
    if encoder.returncode:
        raise SystemExit("ffmpeg could not write the film")


def depth(area, box):
    """How far the feet are inside, in pixels; negative outside."""
    x, y, w, h = box
    left, right, top, bottom = area[0] * WIDTH, area[1] * WIDTH, area[2] * HEIGHT, area[3] * HEIGHT
    # Feet below the picture stand on its edge.
    feet = (min(x + w / 2, WIDTH - 1), min(y + h, HEIGHT - 1))
    inside = min(feet[0] - left, right - feet[0], feet[1] - top, bottom - feet[1])
    if inside >= 0:
        return inside
    return -numpy.hypot(max(left - feet[0], 0, feet[0] - right), max(top - feet[1], 0, feet[1] - bottom))


def entries(area, start, walk):
    """Entries as seconds, and stretches (from, to) in which an alert says nothing for or against."""
    told, vague = [], []
    was_outside, since, n_clear, n_out = False, None, 0, 0
    for at, (_, box) in enumerate(walk, start):
        margin, inside = max(6.0, 0.1 * box[3]), depth(area, box)
        if since is None and inside > -margin:
            since, first_in, n_clear = at, None, 0
        if since is None:
            was_outside = True
            continue
        first_in = at if first_in is None and inside >= 0 else first_in
        n_clear += inside >= margin
        n_out = n_out + 1 if inside <= -margin else 0
        # A second clearly outside is a departure.
        is_over = n_out >= FPS or at == start + len(walk) - 1
        if is_over and was_outside and n_clear >= FPS:
            told.append(first_in / FPS)
        elif is_over:
            vague.append((since / FPS - EARLY, at / FPS + LATE))
        if is_over:
            was_outside, since, n_out = True, None, 0
    return told, vague


def alerts(vong, model, video, work):
    rules = work / "rules.toml"
    corners = {name: [[a, c], [b, c], [b, d], [a, d]] for name, (a, b, c, d) in AREAS.items()}
    rules.write_text("".join(
        f"[[rule]]\nid = '{name}'\nkind = 'enter'\nlabels = ['person']\ncooldown = '0s'\narea = {area}\n"
        for name, area in corners.items()))
    command = [vong, "detect", "--video", video, "--model", model, "--step", str(FPS // 5), "--format", "alerts",
               "--rules", rules]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    events = [json.loads(it) for it in lines]
    return [(it["rule"], it["time_ms"] / 1000) for it in events if it["event"] == "raised"]


def judge(name, plan, told, verbose):
    n_real = n_right = n_false = n_vague = 0
    delays = []
    for area_name, area in AREAS.items():
        real, vague = [], []
        for start, walk in plan:
            of_walk = entries(area, start, walk)
            real, vague = real + of_walk[0], vague + of_walk[1]
        n_real += len(real)
        for at in sorted(it[1] for it in told if it[0] == area_name):
            mine = [it for it in real if it - EARLY <= at <= it + LATE]
            if mine:
                best = min(mine, key=lambda it: abs(at - it))
                real.remove(best)
                delays.append(at - best)
                n_right += 1
            elif any(begin <= at <= end for begin, end in vague):
                n_vague += 1
            else:
                n_false += 1
                if verbose:
                    print(f"  {name}: {area_name} told at {at:.1f} s, nobody entered")
        if verbose:
            for at in real:
                print(f"  {name}: {area_name} entered at {at:.1f} s, not told")
    late, latest = (numpy.quantile(delays, it) for it in (0.5, 0.95))
    print(f"{name}: {n_real} entries, {n_right} told, {n_false} false, {n_vague} at the edge; precision "
          f"{n_right / max(1, n_right + n_false):.3f} recall {n_right / max(1, n_real):.3f}; told {late:.1f} s after "
          f"the feet are inside (p95 {latest:.1f} s)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vong")
    parser.add_argument("truth", help="PETS09-S2L1 in MOTChallenge's format")
    parser.add_argument("video", help="vtest.mp4 of scripts/fetch-media.sh")
    parser.add_argument("--model", default="yolox-nano")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the scripted film here")
    parser.add_argument("--verbose", action="store_true", help="name what was missed and what was false")
    args = parser.parse_args()
    people = load(args.truth)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        plan, length = script(lone_walks(people))
        scripted = args.keep or work / "scripted.mp4"
        film(read(args.video), plan, length, scripted)
        street = [(min(boxes), sorted(boxes.items())) for boxes in people.values()]
        for name, script_, video in [("scripted", plan, scripted), ("street", street, args.video)]:
            judge(name, script_, alerts(args.vong, args.model, video, work), args.verbose)


if __name__ == "__main__":
    main()
