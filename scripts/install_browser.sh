#!/bin/sh
# Install Chromium from the system's packages where no Chromium or Chrome is there; exit with 1 where that cannot be done.
set -u
for name in "${EMOJIT_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name" > /dev/null; then
        echo "browser: $(command -v "$name")"
        exit 0
    fi
done
sudo=
if [ "$(id -u)" != 0 ]; then
    sudo="sudo --non-interactive"
fi
if command -v apt-get > /dev/null; then
    $sudo apt-get update --quiet --quiet
    if $sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends chromium fonts-noto-cjk fonts-noto-color-emoji > /dev/null; then
        echo "browser: $(command -v chromium)"
        exit 0
    fi
fi
echo "no Chromium, and apt-get could not install it: install Chromium or Chrome yourself, or name one in EMOJIT_CHROMIUM" >&2
exit 1
