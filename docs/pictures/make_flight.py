# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Make every picture of a flight in README.md and docs/ again, from a flight.

    .venv/bin/python docs/pictures/make_flight.py              # fly first
    .venv/bin/python docs/pictures/make_flight.py runs/TIME    # of a flight with a bag

office.png, explored.png and fields.png come from the run itself. viewer.png is a
window of Rerun, web.png its page in Chromium, report.png the report in Chromium. They are left as
they are where Xvfb, Chromium or playwright is missing; the last line says which.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
SHARE_OF_FLIGHT = 0.2
SIZE = (1600, 900)
PORT = 9290
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def main() -> int:
    """Make the pictures; return 0 when all of them were made."""
    parser = argparse.ArgumentParser(
        description="Make every picture of a flight in README.md and docs/ again."
    )
    parser.add_argument(
        "run", nargs="?", type=Path, help="folder of a flight with a bag; without it, fly first"
    )
    chosen = parser.parse_args().run
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = fly(folder) if chosen is None else chosen.resolve()
        for source, target in (
            ("trajectory", "office"),
            ("explored", "explored"),
            ("fields", "fields"),
        ):
            shutil.copy(run / f"{source}.png", HERE / f"{target}.png")
        missing = [words for words in (viewer(run, folder), web(run), report(run)) if words]
    for words in missing:
        print(words)
    return 1 if missing else 0


def fly(folder: Path) -> Path:
    """Fly the office with a bag; return the folder of the run."""
    command = [BIN / "live-mvp", "explore", "--headless", "--output", folder]
    subprocess.run(command, check=True)
    return next(path for path in folder.iterdir() if path.is_dir())


def until_s(run: Path) -> float:
    """Return the time in the bag at which much is known, and much is not."""
    flight_s = json.loads((run / "metrics.json").read_text())["flight_time_s"]
    with tempfile.TemporaryDirectory() as name:
        info = Path(name) / "info.json"
        subprocess.run(
            [BIN / "live-mvp", "bag", "info", run / "bag", "--json", info],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        bag_s = json.loads(info.read_text())["duration_s"]
    return float(bag_s - (1.0 - SHARE_OF_FLIGHT) * flight_s)


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """Give the environment of foreign programs a display, a virtual one where there is none."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LD_LIBRARY_PATH")}
    if "DISPLAY" in kept:
        yield kept
        return
    width, height = SIZE  # the pointer rests in the middle of the screen, outside of the window
    command = ["Xvfb", ":97", "-screen", "0", f"{3 * width}x{3 * height}x24"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1.0)
        yield kept | {"DISPLAY": ":97"}
    finally:
        server.terminate()
        server.wait()


def viewer(run: Path, folder: Path) -> str:
    """Make viewer.png; return what is missing."""
    if "DISPLAY" not in os.environ and shutil.which("Xvfb") is None:
        return "viewer.png was not made: install xvfb and mesa-vulkan-drivers"
    recording = folder / "flight.rrd"
    until = f"{until_s(run):.1f}"
    command = [BIN / "live-mvp", "view", run, "--save", recording, "--until", until]
    subprocess.run(command, check=True)
    compact = folder / "compact.rrd"  # which loads before the screenshot is taken
    subprocess.run(
        [BIN / "rerun", "rrd", "optimize", recording, "-o", compact],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    picture = folder / "viewer.png"
    size = "x".join(map(str, SIZE))
    with screen() as environment:
        subprocess.run(
            [BIN / "rerun", compact, "--screenshot-to", picture, "--window-size", size],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=180,
        )
    save(picture, HERE / "viewer.png")
    return ""


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Give a page of a headless Chromium of this machine.

    Raises:
        LookupError: there is none, or playwright is not installed.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise LookupError("pip install playwright") from error
    if program is None:
        raise LookupError("install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        chromium.close()


def web(run: Path) -> str:
    """Make web.png; return what is missing."""
    until = f"{until_s(run):.1f}"
    command = [str(BIN / "live-mvp"), "view", str(run), "--web", "--port", str(PORT)]
    server = subprocess.Popen(
        [*command, "--until", until], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip().rsplit(" ", 1)[-1]
        server.stdout.readline()  # everything is drawn now
        with browser() as page:
            page.goto(address)
            page.wait_for_selector("canvas", timeout=120_000)
            time.sleep(60.0)  # it draws in software
            page.screenshot(path=str(HERE / "web.png"))
    except LookupError as error:
        return f"web.png was not made: {error}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
    save(HERE / "web.png", HERE / "web.png")
    return ""


def report(run: Path) -> str:
    """Make report.png; return what is missing."""
    try:
        with browser() as page:
            page.set_viewport_size({"width": 1000, "height": 1500})
            page.goto((run / "report.html").as_uri())
            page.screenshot(path=str(HERE / "report.png"))
    except LookupError as error:
        return f"report.png was not made: {error}"
    save(HERE / "report.png", HERE / "report.png")
    return ""


def save(source: Path, target: Path) -> None:
    """Write a screenshot no larger than it needs to be: 1400 pixels wide, 256 colours."""
    with Image.open(source) as image:
        picture = image.convert("RGB")
    width = min(1400, picture.width)
    height = round(picture.height * width / picture.width)
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    small.quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
