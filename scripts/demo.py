#!/usr/bin/env python3
"""A ward on one machine, out of real parts: two MQTT brokers, two RTSP cameras that play a street
video, the centre, a box and six loudspeaker clusters. A spoken and an uploaded bulletin are written
by one user, approved by another, and played in step; every alert and receipt is printed when the
centre has committed it.

    make demo                     until Ctrl-C
    DEMO_SECONDS=90 make demo     ends by itself; exit code 0 only if alerts and plays both arrived
"""

import argparse
import datetime
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "vong"
AUTHOR, APPROVER = "can-bo-van-hoa", "chu-tich-phuong"
SPOKEN = (
    "Ủy ban nhân dân phường kính mời bà con tham gia tổng vệ sinh khu phố "
    "vào lúc 7h00 ngày 29/11/2026. Xin trân trọng cảm ơn!"
)


def say(text):
    print(f"\033[1m[demo {time.monotonic() - STARTED:5.1f} s]\033[0m {text}", flush=True)


class Fleet:
    """The folder of the demo, its ports, and the processes that this script started."""

    def __init__(self, vong, folder, n_speakers):
        self.vong, self.folder, self.n_speakers = vong, folder, n_speakers
        self.processes = []
        self.base = free_port_base()
        self.fleet = folder / "fleet"

    def run(self, *arguments, **extra):
        return subprocess.run(
            [self.vong, *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE, **extra
        ).stdout

    def start(self, name, *command, stdout=None):
        log = open(self.folder / "logs" / f"{name}.log", "w")
        process = subprocess.Popen(
            list(map(str, command)), stdout=stdout or log, stderr=log, text=True, cwd=self.folder
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
