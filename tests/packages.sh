# What tests/run and tests/bench/run have in common: telling, and installing what is missing. Sourced by both.

heading() {
  printf '\n━━━ %s\n' "$*"
}

stop() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    command -v sudo >/dev/null || stop "not root, and no sudo: run as root once: $*"
    sudo "$@"
  fi
}

# Installs Debian packages without starting the services that some of them bring.
install_packages() {
  command -v apt-get >/dev/null || stop "these are missing, and this is no Debian to install them on: $*"
  heading "installing $*"
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    made=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  as_root apt-get update --quiet=2 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$@"
  local status=$?
  [ -z "$made" ] || as_root rm -f "$policy"
  [ "$status" = 0 ] || stop "apt-get could not install: $*"
}

# The packages, of pairs PROGRAM:PACKAGE, whose program is not there.
missing_packages() {
  local pair
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || printf '%s\n' "${pair#*:}"
  done
}

need_rust() {
  [ ! -d "$HOME/.cargo/bin" ] || PATH=$PATH:$HOME/.cargo/bin
  command -v cargo >/dev/null || stop 'cargo is missing: install Rust from https://rustup.rs'
}
