#!/usr/bin/env bash
# Print the path of a Python that can make the environment: find_python.sh [MINOR...], 13 12 11 unless told.
# $PYTHON, when set, is the only candidate. pyenv's shims fail for every name when .python-version names a version that
# it lacks, so its other versions are tried by path.
set -euo pipefail

minors=("${@:-13}")
[ $# -gt 0 ] || minors=(13 12 11)

# Prints the interpreter's own path when it has one of the versions and can make environments.
probe() {
  "$1" - "${minors[@]}" 2>/dev/null <<'PYTHON'
import sys
import ensurepip, venv

if sys.version_info[0] != 3 or str(sys.version_info[1]) not in sys.argv[1:]:
    raise SystemExit(1)
print(sys.executable)
PYTHON
}

pyenv_pythons() {
  command -v pyenv >/dev/null || return 0
  for minor in "${minors[@]}"; do
    for folder in "$(pyenv root)/versions/3.$minor".*; do
      echo "$folder/bin/python3"
    done
  done
}

wanted="Python 3.$(printf '%s\n' "${minors[@]}" | sort -n | paste -sd ' ' | sed 's/ / or 3./g')"

if [ -n "${PYTHON:-}" ]; then
  probe "$PYTHON" && exit 0
  echo "PYTHON=$PYTHON is not $wanted with its venv module; point PYTHON at one, or unset it." >&2
  exit 1
fi

while IFS= read -r candidate; do
  if found=$(probe "$candidate"); then
    [ "$candidate" = python3 ] || echo "python3 is missing or is not $wanted; using $found." >&2
    echo "$found"
    exit 0
  fi
done < <(echo python3; printf 'python3.%s\n' "${minors[@]}"; pyenv_pythons)

echo "No $wanted with its venv module was found; install one (pyenv install 3.${minors[0]}) or set PYTHON to its path." >&2
exit 1
