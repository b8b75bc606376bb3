# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154,SC2086 # part of ../bootstrap
# check: every test, each step's output in build/logs.

check_packages="chromium chromium-driver clang-format clang-tidy cppcheck firefox-esr gir1.2-webkit2-4.1 groff libcmocka-dev openssl
	procps python3-gi python3-jsonschema python3-pytest python3-pyflakes python3-pytest-xdist python3-requests python3-selenium shellcheck
	strace systemd util-linux webkit2gtk-driver xvfb"
command -v npm >/dev/null && command -v node >/dev/null || check_packages="$check_packages npm"	# brings axe-core, eslint, typescript; and node
check_packages="$check_packages golang-github-rwcarlsen-goexif-dev"	# pictures of real cameras: tests/site/test_pictures.py
check_packages="$check_packages apache2 caddy haproxy varnish"	# tests/site/test_proxies.py
check_packages="$check_packages busybox-static python3-numpy python3-pil qemu-system-x86 ustreamer v4l-utils"	# tests/guest

# step NAME COMMAND …: its output goes to a log, which is shown when it fails.
step() {
	name=$1
	shift
	log=$build/logs/$name.log
	began=$(date +%s)
	verdict=ok
	say "$name …"
	"$@" >"$log" 2>&1 </dev/null || verdict=FAILED
	if [ $verdict = FAILED ]; then
		failed=$((failed + 1))
		cat "$log"
	fi
	say "$name: $verdict ($(($(date +%s) - began)) s)"
}

# How many tests there are, counted in their files: each program of tests/unit and tests/fuzz, tests/floors and docs/tables in
# both builds, tests/hardening, tests/counts and tests/additions in the plain one; what pytest finds; and those of tests/js.
count_expected() {
	programs=$(find "$top/tests/unit" "$top/tests/fuzz" -name 'test_*.c' -o -name 'fuzz_*.c' | wc -l)
	scripts=$(cat "$top"/tests/js/*.test.js | grep -c '^test(')
	sed -n 's/^\([0-9]*\) tests* collected in .*/\1/p' "$build"/logs/collect-*.log |
		awk -v n=$((2 * (programs + 2) + 3 + scripts)) '{ n += $1 } END { print n }'
}

# The sum of what automake (# PASS: 3), node (# pass 3) and pytest (3 passed, 1 failed) report. A skipped
# test has tested nothing: it counts as failed. So does a test that has not run at all.
count() {
	expected=$(count_expected)
	sed -n -e 's/^# \([A-Z]*\): *\([0-9][0-9]*\)$/\2 \1/p' -e 's/^# \([a-z]*\) \([0-9][0-9]*\)$/\2 \1/p' -e 's/^=* *\([0-9].* in [0-9.]*s\).*$/\1/p' "$build"/logs/*.log |
		tr ',' '\n' | awk -v expected="$expected" '
		$2 ~ /^(PASS|pass|passed)$/ { passed += $1 }
		$2 ~ /^(FAIL|XPASS|ERROR|SKIP|fail|cancelled|todo|failed|error|errors|skipped|xpassed)$/ { failed += $1 }
		END {
			printf "%d of %d tests have run\n", passed + failed, expected
			printf "%d passed, %d failed\n", passed, failed
			exit failed > 0 || passed != expected
		}'
}

# pytest BUILD TESTS [OPTION …]: on the programs built there.
pytest() {
	on=$1
	shift
	(cd "$top" && BUILD_DIR=$on ORIEL_GUEST_REQUIRED=1 ARTEFACTS_DIR=$build/artefacts PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q -p no:cacheprovider "$@")
}

check() {
	# shellcheck disable=SC2086
	need_packages $build_packages $run_packages $check_packages
	rm -rf "$build/logs" "$build/artefacts"
	mkdir -p "$build/logs" "$build/artefacts"
	failed=0
	step build build_in "$build" --enable-werror --enable-tests
	step programs make -s -C "$build" -j "$(nproc)" check TESTS=
	{ step guest pytest "$build" "$top/tests/guest"; exit $failed; } &	# it takes one processor and waits for nothing
	guest=$!
	for tool in shellcheck pyflakes eslint tsc clang-format cppcheck clang-tidy clang-analyzer gcc; do
		step "lint-$tool" env BUILD_DIR="$build" "$top/tests/lint/lint" $tool
	done
	step scripts node --test --test-reporter=tap "$top/tests/js/"
	step unit make -C "$build" -j "$(nproc)" check
	step build-sanitized build_in "$build/sanitized" --enable-werror --enable-tests --enable-sanitizers
	step unit-sanitized make -C "$build/sanitized" -j "$(nproc)" check
	for tests in site browser guest; do
		step collect-$tests pytest "$build/sanitized" "$top/tests/$tests" --collect-only
	done
	wait $guest || failed=$((failed + 1))
	# These mostly wait, so two files run at a time; except the one that measures how fast pictures come.
	step site pytest "$build/sanitized" "$top/tests/site" -n 2 --dist loadfile
	step browser pytest "$build/sanitized" "$top/tests/browser" -n 2 --dist loadfile --ignore "$top/tests/browser/test_steady.py"
	step steady pytest "$build/sanitized" "$top/tests/browser/test_steady.py"
	count || failed=$((failed + 1))
	[ "$failed" -eq 0 ] || exit 1
}

