"""What the centre has committed at the end of the demo, and whether each kind of it came."""

import hashlib
import json
import math
import pathlib
import sqlite3
import subprocess

# Bulletins that are named one by one.
N_SHOWN = 5


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else None


def show(value, digits=1):
    return "none" if value is None else f"{value:.{digits}f}"


def events(fleet):
    """[(kind, occurred_at_ms, received_at_ms, data), ...] out of the centre's own database."""
    database = next(fleet.fleet.glob("centre/data/*.db"), None)
    if database is None:
        return None
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as centre:
        rows = centre.execute("SELECT kind, occurred_at_ms, received_at_ms, data FROM received_event").fetchall()
    return [(*it, json.loads(data)) for *it, data in rows]


def evidence(box, rows):
    """The latest alert whose clip was announced: (picture, clip, its announcement, None or what is wrong)."""
    raised = {data["alert"]: data for kind, *_, data in rows if kind == "alert.raised"}
    clips = [data for kind, *_, data in rows if kind == "alert.updated" and data.get("clip")]
    told = next((it for it in reversed(clips) if it["alert"] in raised), None)
    if told is None:
        return None
    alert = told["alert"]
    picture = next(box.glob(f"data/pictures/*/{alert}.jpg"), None)
    clip = next(box.glob(f"data/clips/*/{alert}.mp4"), None)
    return picture, clip, told["clip"], wrong_with(clip, told["clip"])


def wrong_with(clip, announced):
    """None for a clip that is the announced one and plays to its end."""
    if clip is None:
        return "the file is not there"
    if hashlib.sha256(clip.read_bytes()).hexdigest() != announced["sha256"]:
        return "the file is not the announced one"
    played = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", clip, "-f", "null", "-"], capture_output=True, text=True)
    return None if played.returncode == 0 and not played.stderr else played.stderr.strip() or "it does not play"


def summary(fleet, resident, people):
    """Prints it. True if alerts, a clip that plays, and plays in step are there."""
    rows = events(fleet)
    if rows is None:
        print("\nnothing was committed: the centre had not started yet")
        return False
    box = next(fleet.fleet.glob("box-*"))
    alerts = [(received - occurred) / 1000 for kind, occurred, received, _ in rows if kind == "alert.raised"]
    receipts = [data for kind, _, _, data in rows if kind == "broadcast.played"]
    plays = [it for it in receipts if "cluster" in it]
    closed = [it for it in receipts if "cluster" not in it]
    skews = [it["skew_ms"] for it in receipts if it.get("skew_ms") is not None]
    errors = [abs(it["start_error_ms"]) for it in plays if it.get("start_error_ms") is not None]
    shown = evidence(box, rows)
    print("\n\033[1mSummary: what the centre has committed\033[0m")
    print(f"  alerts              {len(alerts)}")
    print(f"  capture to commit   p95 {show(percentile(alerts, 0.95), 2)} s, worst {show(max(alerts, default=None), 2)} s")
    show_evidence(shown)
    print(f"  plays               {len(plays)} (one a cluster); bulletins closed: {len(skews)}")
    for it in closed[:N_SHOWN]:
        made = fleet.made.get(it["title"], "made by hand")
        print(f"                      “{it['title']}”: {made}, approved by {it['approved_by']};")
        print(f"                        played on {it['played']} of {it['targets']} clusters, skew {show(it['skew_ms'])} ms")
    if len(closed) > N_SHOWN:
        print(f"                      and {len(closed) - N_SHOWN} more")
    print(f"  skew                p99 {show(percentile(skews, 0.99))} ms, worst {show(max(skews, default=None))} ms over {fleet.n_speakers} clusters")
    print(f"  start error         p99 {show(percentile(errors, 0.99))} ms of {len(errors)}")
    for name, value in resident.items():
        print(f"  memory of {name:<9} {value:.0f} MiB resident")
    print(f"  evidence            {box}/data/pictures, {box}/data/clips")
    print(f"  sound               {fleet.fleet}/loa-*/heard")
    print(f"  logs                {fleet.folder}/logs")
    show_access(fleet, people)
    is_proved = shown is not None and shown[0] is not None and shown[3] is None
    return bool(alerts) and is_proved and bool(plays) and bool(skews)


def show_access(fleet, people):
    if fleet.console is None:
        return
    print(f"  the console was     {fleet.console} (`make demo` without DEMO_SECONDS keeps it up until Ctrl-C)")
    print(f"  its people          {', '.join(people)}; their passwords: {fleet.folder}/passwords")
    print("  only in the demo    quiet hours and the second approver are off, so that it sounds at any hour")


def show_evidence(shown):
    if shown is None:
        print("  a clip              none")
        return
    picture, clip, announced, problem = shown
    print(f"  its picture         {picture or 'none'}")
    print(f"  its clip            {clip}")
    length = f"{announced['duration_ms'] / 1000:.1f} s, {announced['bytes'] / 1e6:.1f} MB"
    print(f"                      {length}, {problem or 'hash as announced, plays to its end'}")
