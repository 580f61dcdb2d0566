"""A browser for the tests of pages.

If no browser starts, ``python -m tests.browser`` installs one: Playwright's own or, as root on a
system with apt, the system's. If neither can be installed, the tests that need a browser are
skipped with the reason; with ``AUTOENC_BROWSER=required``, they and the installation fail.
"""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
APT = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
ADVICE = "apt-get install chromium libatomic1"


def is_required():
    return os.environ.get("AUTOENC_BROWSER") == "required"


@contextmanager
def started():
    """Yield the system's or Playwright's browser and None; or None and the reason."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, NAMES)), None)
    browser = None
    with ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            reason = None
        except Exception as error:
            lines = (line.strip(" ║╔╗═") for line in str(error).splitlines())
            reason = f"no browser starts ({next(filter(None, lines))}): {ADVICE}"
        yield browser, reason
        if browser is not None:
            browser.close()


def trouble():
    """Return why no browser starts; None if one does."""
    with started() as (_, reason):
        return reason


def ways_to_install():
    """Commands that install a browser, the best way first."""
    own = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    if not (is_root() and shutil.which("apt-get")):
        yield [own]
        return
    # Playwright's driver needs libatomic1, which a minimal Debian lacks.
    yield [["apt-get", "update", "-qq"], [*APT, "libatomic1"], [*own, "--with-deps"]]
    yield [[*APT, "libatomic1", NAMES[0]]]


def is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def run(command):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=600)


def install():
    """Install a browser if none starts; return the reason of a failure, or None."""
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
