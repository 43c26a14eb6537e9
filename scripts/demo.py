#!/usr/bin/env python3
"""A ward on one machine, out of real parts: two MQTT brokers, two RTSP cameras that play a street
video, the centre, a box and six loudspeaker clusters. A spoken and an uploaded bulletin are written
by one user, approved by another, and played in step; every alert and receipt is printed when the
centre has committed it.

    make demo                     until Ctrl-C
    DEMO_SECONDS=90 make demo     ends by itself; exit code 0 only if alerts, a clip and plays arrived
"""

import argparse
import collections
import datetime
import http.cookiejar
import json
import math
import os
import pathlib
import re
import secrets
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import tomllib
import urllib.parse
import urllib.request
import wave
import zoneinfo

from demo_summary import events, summary

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "vong"
WARD = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")
ADMIN, AUTHOR, APPROVER = "quan-tri", "can-bo-van-hoa", "chu-tich-phuong"
PEOPLE = {
    ADMIN: "made by the set-up link, has every role",
    AUTHOR: "author: writes and submits",
    APPROVER: "approver: approves what somebody else wrote",
}
SPOKEN = (
    "Ủy ban nhân dân phường kính mời bà con tham gia tổng vệ sinh khu phố "
    "vào lúc 7h00 ngày 29/11/2026. Xin trân trọng cảm ơn!"
)
# As a box runs it: the allocator's settings of the unit.
ALLOCATOR = dict(re.findall(r"^Environment=(MALLOC_\w+)=(\d+)$", (ROOT / "systemd/vong.service").read_text(), re.M))
# As a cluster runs it: before others, if whoever runs this may say so.
NICE = re.search(r"^Nice=(-\d+)$", (ROOT / "systemd/vong-speaker.service").read_text(), re.M)[1]
FIRST = ["nice", "-n", NICE] if os.geteuid() == 0 else []
# Seconds: from one play to the next, what each takes with its making, and the first two all in all.
SPACING, EACH, FIRST_TWO = 8, 10, 60


def say(text):
    print(f"\033[1m[demo {time.monotonic() - STARTED:5.1f} s]\033[0m {text}", flush=True)


class Fleet:
    """The folder of the demo, its ports, and the processes that this script started."""

    def __init__(self, vong, folder, n_speakers):
        self.vong, self.folder, self.n_speakers = vong, folder, n_speakers
        self.processes = []
        self.base = free_port_base()
        self.fleet = folder / "fleet"
        self.console = None
        self.made = {}  # What the summary says of a bulletin, by its title.

    def run(self, *arguments, **extra):
        return subprocess.run(
            [self.vong, *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE, **extra
        ).stdout

    def start(self, name, *command, stdout=None):
        log = open(self.folder / "logs" / f"{name}.log", "w")
        process = subprocess.Popen(
            list(map(str, command)), stdout=stdout or log, stderr=log, text=True, cwd=self.folder,
            env=os.environ | ALLOCATOR,
        )
        self.processes.append((name, process))
        return process

    def check_alive(self):
        for name, process in self.processes:
            if process.poll() is not None:
                log = self.folder / "logs" / f"{name}.log"
                tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-8:])
                sys.exit(f"[demo] {name} ended with code {process.returncode}; {log} ends with:\n{tail}")

    def stop(self):
        for _, process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 15
        for name, process in reversed(self.processes):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"{name} did not stop in time; ended by force")
                process.kill()


def free_port_base():
    """A run of 40 ports of which the first and the last are free now."""
    for base in range(28000, 32000, 40):
        try:
            for port in (base, base + 39):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    sys.exit("[demo] no free ports between 28000 and 32000")


def wait_for_port(fleet, port, what, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        fleet.check_alive()
        time.sleep(0.1)
    sys.exit(f"[demo] {what} does not answer on port {port}; its log is in {fleet.folder}/logs")


class Console:
    """The box's REST interface, as a browser would use it."""

    def __init__(self, url, ca):
        self.url = url
        context = ssl.create_default_context(cafile=str(ca))
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), jar)
        self.csrf = ""

    def call(self, method, path, body=None):
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data, headers, method=method)
        with self.opener.open(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def log_in(self, user, password):
        self.csrf = self.call("POST", "session", {"user": user, "password": password})["csrf"]


def start_fleet(fleet):
    say(f"a fleet of one box, two cameras and {fleet.n_speakers} loudspeaker clusters: certificates, keys, configurations")
    fleet.run(
        "provision", "dev-fleet", "--out", fleet.fleet, "--speakers", fleet.n_speakers,
        "--cameras", 2, "--port-base", fleet.base,
    )
    configs = {path.parent.name: path for path in sorted(fleet.fleet.glob("*/vong.toml"))}
    box = next(path for name, path in configs.items() if name.startswith("box-"))
    choose_model(box)
    settings = tomllib.loads(box.read_text())

    say("two brokers (Mosquitto, TLS 1.3 with client certificates, access rules by certificate name)")
    for broker in sorted(fleet.fleet.glob("*/mosquitto.conf")):
        fleet.start(f"broker-{broker.parent.name}", "/usr/sbin/mosquitto", "-c", broker)
    for section in ("uplink", "local_broker"):
        wait_for_port(fleet, settings[section]["port"], f"the broker of [{section}]")

    start_cameras(fleet, settings)
    say("the centre")
    centre = fleet.start("centre", fleet.vong, "centre", "--config", configs["centre"], stdout=subprocess.PIPE)
    threading.Thread(target=pass_on, args=(centre.stdout,), daemon=True).start()
    say("the box: detection, planner, content and time servers, console")
    fleet.start("box", fleet.vong, "run", "--config", box)
    speakers = [path for name, path in configs.items() if name.startswith("loa-")]
    say(f"{len(speakers)} loudspeaker clusters, each a process of its own")
    for path in speakers:
        fleet.start(path.parent.name, *FIRST, fleet.vong, "speaker", "--config", path)
    port = int(settings["console"]["listen"].rsplit(":", 1)[1])
    wait_for_port(fleet, port, "the console")
    return box, settings


def choose_model(box):
    """Set-up falls back to another model where the usual one cannot be had."""
    folders = [os.environ.get("VONG_MODEL_DIR"), CACHE / "models"]
    if not any(folder and (pathlib.Path(folder) / "yolox_nano.onnx").is_file() for folder in folders):
        box.write_text(box.read_text().replace('"yolox-nano"', '"coco-ssd-300"'))


def start_cameras(fleet, settings):
    cameras = [urllib.parse.urlsplit(camera["url"]) for camera in settings["camera"]]
    video = CACHE / "media" / "vtest.mp4"
    if not video.is_file():
        sys.exit(f"[demo] {video} is missing; `make setup` makes it")
    say(f"{len(cameras)} cameras: an RTSP server that plays {video.name}, H.264, in a loop")
    arguments = [f"--camera={url.path}={video}" for url in cameras]
    fleet.start("cameras", fleet.vong, "sim", "camera", "--listen", cameras[0].netloc, *arguments)
    wait_for_port(fleet, cameras[0].port, "the cameras")


def pass_on(stream):
    """What the centre prints, each line the moment it is committed there."""
    for line in stream:
        print(f"  \033[36mcentre\033[0m {line.rstrip()}", flush=True)


def make_users(fleet, url, ca):
    """The first user through the one-time link, then an author and an approver."""
    link = None
    deadline = time.monotonic() + 20
    while link is None and time.monotonic() < deadline:
        log = (fleet.folder / "logs" / "box.log").read_text(errors="replace")
        link = re.search(r"https://\S+/setup#(\S+)", log)
        fleet.check_alive()
        time.sleep(0.2)
    if link is None:
        sys.exit(f"[demo] the box printed no set-up link; see {fleet.folder}/logs/box.log")
    passwords = {user: secrets.token_urlsafe(12) for user in PEOPLE}
    console = Console(url, ca)
    console.call("POST", "setup", {"token": link[1], "user": ADMIN, "password": passwords[ADMIN]})
    console.log_in(ADMIN, passwords[ADMIN])
    for user, role in ((AUTHOR, "author"), (APPROVER, "approver")):
        console.call("POST", "users", {"user": user, "password": passwords[user], "roles": [role]})
    keep_access(fleet, url, ca, passwords)
    return passwords


def keep_access(fleet, url, ca, passwords):
    """For whoever tries `vong bulletin` in another terminal: a password file a person, and access.sh."""
    folder = fleet.folder / "passwords"
    folder.mkdir(mode=0o700)
    for user, password in passwords.items():
        (folder / user).write_text(password + "\n")
    tools = pathlib.Path(fleet.vong).resolve().parent
    quoted = {name: shlex.quote(str(it)) for name, it in (("tools", tools), ("ca", ca), ("folder", folder))}
    (fleet.folder / "access.sh").write_text(
        "# To be read by a shell: `by USER vong bulletin …` is then that person's doing.\n"
        f"export VONG_CONSOLE={url} VONG_CA={quoted['ca']} PATH={quoted['tools']}:\"$PATH\"\n"
        "by() { who=$1; shift; "
        f'VONG_USER=$who VONG_PASSWORD=$(cat {quoted["folder"]}/"$who") "$@"; }}\n'
    )
    fleet.console = url


def show_people(fleet, passwords):
    say(f"the console: {fleet.console}")
    for user, role in PEOPLE.items():
        print(f"    {user:<16} {passwords[user]:<17} {role}", flush=True)
    print(f"    their passwords are in {fleet.folder}/passwords too; `. {fleet.folder}/access.sh` for a shell", flush=True)
    say("in this demo quiet hours and the second approver are off, so that it sounds at any hour; a ward has both on")


class Broadcasts:
    """Adds, approves and schedules bulletins with `vong bulletin`, as two different users."""

    def __init__(self, fleet, url, ca, passwords):
        self.fleet, self.passwords = fleet, passwords
        self.access = ["--console", url, "--ca", ca]

    def bulletin(self, user, *arguments):
        environment = os.environ | {"VONG_PASSWORD": self.passwords[user]}
        verb, *rest = arguments
        return json.loads(
            self.fleet.run("bulletin", verb, *rest, *self.access, "--user", user, "--json", env=environment)
        )

    def play(self, title, source, seconds_ahead, daily=False, spoken=False):
        """Once, or today and tomorrow at that time by an RFC 5545 rule, of which the demo hears the first day."""
        added = self.bulletin(AUTHOR, "add", *source, "--title", title, "--to", "all")
        self.bulletin(AUTHOR, "submit", added["id"])
        self.bulletin(APPROVER, "approve", added["id"])
        at = datetime.datetime.now(WARD) + datetime.timedelta(seconds=seconds_ahead)
        if daily:
            at = at.replace(microsecond=0)
            rule = f"DTSTART;TZID={WARD.key}:{at:%Y%m%dT%H%M%S}\nRRULE:FREQ=DAILY;COUNT=2"
            self.bulletin(AUTHOR, "schedule", added["id"], "--rrule", rule)
        else:
            self.bulletin(AUTHOR, "schedule", added["id"], "--at", at.isoformat(timespec="milliseconds"))
        length = f"{added['content']['duration_ms'] / 1000:.1f} s"
        when = f"today and tomorrow at {at:%H:%M:%S}, by a rule" if daily else f"at {at:%H:%M:%S}"
        how = "spoken" if spoken else "uploaded"
        self.fleet.made[title] = f"{how}, planned {'by a rule' if daily else 'for an instant'}"
        say(f"“{title}” ({how}, {length}) approved by {APPROVER}, plays {when} (the ward's time)")


def jingle(folder):
    """A recording to upload: a chime that this script computes, so that nothing is fetched for it."""
    path = folder / "chuong.wav"
    rate = 44100
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        frames = bytearray()
        for n in range(rate * 5):
            t = n / rate
            note = (523.25, 659.25, 783.99, 1046.5)[int(t) % 4]
            value = 0.5 * math.exp(-3 * (t % 1)) * math.sin(2 * math.pi * note * t)
            frames += int(value * 32767).to_bytes(2, "little", signed=True)
        out.writeframes(bytes(frames))
    return path


def memory_mb(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) / 1024


def demo(fleet, seconds, plays, until_all):
    box, settings = start_fleet(fleet)
    ca = box.parent / "identity" / "ca.pem"
    url = f"https://{settings['console']['listen']}"
    passwords = make_users(fleet, url, ca)
    show_people(fleet, passwords)
    broadcasts = Broadcasts(fleet, url, ca, passwords)
    time.sleep(8)  # The clusters fit their clocks to the box meanwhile.
    broadcasts.play("Tổng vệ sinh khu phố", ["--say", SPOKEN], 12, spoken=True)
    chime = jingle(fleet.folder)
    broadcasts.play("Nhạc hiệu", [chime], 34, daily=True)
    for n in range(2, plays):
        broadcasts.play(f"Nhạc hiệu {n}", [chime], 34 + SPACING)
        wait(fleet, SPACING)
    if until_all:
        while time.monotonic() < STARTED + seconds and not arrived(fleet, plays):
            wait(fleet, 2)
    else:
        wait(fleet, STARTED + seconds - time.monotonic() if seconds else math.inf)


def arrived(fleet, plays):
    """Whether the centre has committed an alert, its clip, and the end of each bulletin."""
    rows = events(fleet) or []
    has_clip = any(kind == "alert.updated" and data.get("clip") for kind, *_, data in rows)
    kinds = collections.Counter(kind for kind, *_ in rows)
    return has_clip and kinds["broadcast.played"] >= plays * (fleet.n_speakers + 1)


def wait(fleet, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        fleet.check_alive()
        time.sleep(0.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--vong", required=True, help="the binary")
    parser.add_argument("--seconds", type=float, default=0, help="end after so long; 0: until Ctrl-C")
    parser.add_argument("--speakers", type=int, default=6)
    parser.add_argument("--plays", type=int, default=2, help="bulletins to play, 2 or more; many make a distribution")
    parser.add_argument("--until-all", action="store_true", help="end as soon as all has arrived; --seconds is the most")
    options = parser.parse_args()
    least = FIRST_TWO + EACH * max(0, options.plays - 2)
    if 0 < options.seconds < least:
        sys.exit(f"[demo] give it {least} s or more: {options.plays} bulletins are made, approved and played")

    folder = CACHE / "demo" / datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    (folder / "logs").mkdir(parents=True)
    fleet = Fleet(options.vong, folder, options.speakers)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    resident = {}
    try:
        demo(fleet, options.seconds, options.plays, options.until_all)
    except KeyboardInterrupt:
        print()
    finally:
        by_name = dict(fleet.processes)
        for name, shown in (("box", "the box"), ("loa-demo-001", "a cluster")):
            if name in by_name and by_name[name].poll() is None:
                resident[shown] = memory_mb(by_name[name])
        fleet.stop()
    return 0 if summary(fleet, resident, PEOPLE) else 1


STARTED = time.monotonic()

if __name__ == "__main__":
    sys.exit(main())
