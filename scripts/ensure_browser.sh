#!/bin/sh
# Makes sure that a Chromium is there that starts: an installed one, else Playwright's own build,
# else the one of the system's package manager. Needs no network when one is installed.
#
#   ensure_browser.sh [--optional] PYTHON
#
# --optional: where none can be had, say so and go on (the tests that need it are then skipped),
# except in CI. The download is given up after BROWSER_DOWNLOAD_SECONDS (default 60): behind some
# firewalls it neither fails nor ends.
set -eu

optional=no
if [ "${1:-}" = --optional ]; then
  optional=yes
  shift
fi
python=$1

# Prints the browser's executable (nothing for a channel). The same order as the daemon's own,
# because it is the daemon's own code. Ends with 2 where installing one would not help.
find_browser() {
  "$python" - <<'PROGRAM'
import shutil
import sys

from cryptostream.config import load
from cryptostream.errors import CryptoStreamError
from cryptostream.sources.tradingview import chromium

setting = ""
try:
    setting = load().config.browsers.path
    browser = chromium.find_browser(
        setting,
        exists=chromium.Path.exists,
        which=shutil.which,
        playwright_path=chromium.playwright_executable(),
    )
except CryptoStreamError as error:
    print(error.line(), file=sys.stderr)
    sys.exit(1 if error.code == "no_browser" and not setting else 2)
print(browser.path or "")
PROGRAM
}

# A browser that lacks a shared library is found, but cannot even tell its version.
# A channel (Google Chrome, Edge) has no path here; its package brought its libraries along.
works() {
  path=$(find_browser 2>/dev/null) || return
  [ -z "$path" ] || "$path" --version >/dev/null 2>&1 || return 1
}

bounded() {
  if command -v timeout >/dev/null 2>&1; then
    timeout "$@"
  else
    shift
    "$@"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

may_be_root() {
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

from_playwright() {
  echo "no browser found: asking Playwright for its own build" >&2
  "$python" -c 'import playwright' 2>/dev/null ||
    "$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt playwright >&2 ||
    return 1
  bounded "${BROWSER_DOWNLOAD_SECONDS:-60}" "$python" -m playwright install chromium >&2 || return 1
  works && return 0
  if may_be_root; then
    echo "it lacks libraries of the system: asking Playwright to install them" >&2
    as_root "$python" -m playwright install-deps chromium >&2 || true
  fi
  works && return 0
  # One that cannot start would be preferred to the one of the package manager.
  "$python" -m playwright uninstall >&2 || true
  return 1
}

from_package_manager() {
  if command -v brew >/dev/null 2>&1; then
    echo "asking brew for chromium" >&2
    brew install --cask chromium >&2
    return
  fi
  may_be_root || return 1
  echo "asking the system's package manager for chromium" >&2
  if command -v apt-get >/dev/null 2>&1; then
    as_root apt-get update -qq >&2 &&
      as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium >&2
  elif command -v dnf >/dev/null 2>&1; then
    as_root dnf install -y chromium >&2
  elif command -v pacman >/dev/null 2>&1; then
    as_root pacman -Sy --noconfirm chromium >&2
  elif command -v zypper >/dev/null 2>&1; then
    as_root zypper --non-interactive install chromium >&2
  elif command -v apk >/dev/null 2>&1; then
    as_root apk add chromium >&2
  else
    return 1
  fi
}

works && exit 0
if [ $? = 2 ]; then
  find_browser || exit 1
fi
from_playwright && exit 0
from_package_manager && works && exit 0

cat >&2 <<REMEDIES

There is no Chromium here that starts, and none could be installed. One of these helps:
  - install the package of your system: apt-get install chromium, dnf install chromium, ...
  - install Google Chrome
  - run: $python -m pip install playwright, then $python -m playwright install --with-deps chromium
  - name one that you have: export CRYPTOSTREAM_BROWSERS__PATH=/path/to/chrome
REMEDIES
if [ "$optional" = yes ] && [ -z "${CI:-}" ]; then
  echo "Going on without: the tests that need a browser are skipped." >&2
  exit 0
fi
exit 1
