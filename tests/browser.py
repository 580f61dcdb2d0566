"""A browser for the tests of pages.

``python -m tests.browser`` installs one where none starts: Playwright's own, else, as root where
there is apt, the system's. Where neither can be had, the tests that need one are skipped and say
why; with ``AUTOENC_BROWSER=required`` they fail, and so does the installation.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ADVICE = "apt-get install chromium, or python -m playwright install --with-deps chromium"


def is_required():
    return os.environ.get("AUTOENC_BROWSER") == "required"


def launch(playwright):
    """Start the system's browser, else Playwright's own; return it and None, or None and why."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    try:
        return playwright.chromium.launch(executable_path=found, args=["--no-sandbox"]), None
    except Exception as error:
        line = next(filter(None, (line.strip(" ║╔╗═") for line in str(error).splitlines())))
        return None, f"no browser starts ({line}): {ADVICE}"


def trouble():
    """Return why no browser starts; None if one does."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser, reason = launch(playwright)
        if browser is not None:
            browser.close()
        return reason


def ways_to_install():
    """Commands that install a browser, the best way first."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    dependencies = ["--with-deps"] if root and shutil.which("apt-get") else []
    own = [sys.executable, "-m", "playwright", "install", "--only-shell", *dependencies]
    yield [[*own, "chromium"]]
    if dependencies:
        yield [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", NAMES[0]]]


def run(command):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=600)


def install():
    """Install a browser if none starts; return why that failed, or None."""
    reason = trouble()
    for commands in ways_to_install():
        if reason is None:
            break
        try:
            for command in commands:
                run(command)
        except (OSError, subprocess.SubprocessError):
            continue
        reason = trouble()
    return reason


if __name__ == "__main__":
    if reason := install():
        print(f"tests of pages are not run: {reason}")
        sys.exit(is_required())
