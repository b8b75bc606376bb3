# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154,SC2086,SC1091 # part of ../bootstrap
# soak: the long forms of the tests of check, and the site in use for a while.
. "$top/tests/check.sh"

soak_parts="power kills faults churn browsers tsan valgrind steady"

soak_usage() {
	cat >&2 <<-END
	usage: ./bootstrap soak [--minutes N] [PART…]
	parts: $soak_parts (all of them, when none is named)
	--minutes N: how long 'steady' lasts (30); the others are bounded by themselves
	END
	exit 2
}

# all_of COMMAND … -- PROGRAM …: the command with each; the first failure counts, the others still run.
all_of() {
	command=
	while [ "$1" != -- ]; do
		command="$command $1"
		shift
	done
	shift
	good=yes
	for program; do
		echo "== $program"
		$command "$program" || good=no
	done
	[ $good = yes ]
}

# long TESTS …: tests of tests/site in their long form, with their output.
long() {
	(cd "$top/tests/site" && ORIEL_SOAK=1 BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q -s -p no:cacheprovider "$@")
}

# Power loss at each moment, and a failure of each call in turn.
soak_power() {
	all_of env ORIEL_SOAK=1 -- "$build/tests/unit/test_power" "$build/tests/unit/test_failing" "$build/tests/unit/test_account_db_power"
}

soak_kills() {
	long test_kills.py test_upgrade.py
}

soak_faults() {
	long test_faults.py test_clock.py
}

# The live picture in WebKit, for ten minutes.
soak_browsers() {
	(cd "$top/tests/browser" && ORIEL_SOAK=1 BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q -s -p no:cacheprovider test_steady.py)
}

soak_churn() {
	long test_churn.py
}

# The tests of code with threads, and the daemons that have them.
tsan_units="auth queue log encoder_pool capture grey replug store_worker commands ring client"
tsan_sites="test_restart.py test_kills.py test_faults.py test_stream.py test_config.py"

soak_tsan() {
	build_in "$build/tsan" --enable-werror --enable-tests --enable-tsan || return 1
	programs=
	for unit in $tsan_units; do programs="$programs tests/unit/test_$unit"; done
	make -s -C "$build/tsan" -j "$(nproc)" $programs tests/preload/faults.so tests/preload/full.so tests/preload/camera.so || return 1
	(cd "$build/tsan" && all_of -- $programs) || return 1
	(cd "$top/tests/site" && BUILD_DIR=$build/tsan PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q -p no:cacheprovider $tsan_sites)
}

# Everything is twenty times slower, so some tests time out now and then; a memory error comes again.
twice() {
	"$@" || {
		echo "once more: $*"
		"$@"
	}
}

# Without those that count nanoseconds or allocations, confine the process, or would take an hour.
soak_valgrind() {
	programs=
	for program in "$build"/tests/unit/test_*; do
		case $program in
		*.o | */test_steady | */test_power | */test_failing | */test_account_db_power | */test_confine) ;;
		*) programs="$programs $program" ;;
		esac
	done
	ORIEL_VALGRIND=yes all_of twice valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite --fair-sched=yes -- $programs
}

soak_steady() {
	BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$top/tests/soak/steady.py" --minutes "$minutes"
}

soak() {
	minutes=30
	chosen=
	while [ $# -gt 0 ]; do
		case $1 in
		--minutes) [ $# -ge 2 ] || soak_usage; minutes=$2; shift ;;
		--minutes=*) minutes=${1#*=} ;;
		*) case " $soak_parts " in *" $1 "*) chosen="$chosen $1" ;; *) soak_usage ;; esac ;;
		esac
		shift
	done
	case $minutes in '' | *[!0-9.]* | ????*) soak_usage ;; esac
	need_packages $build_packages $run_packages $check_packages valgrind
	mkdir -p "$build/logs"
	failed=0
	step build build_in "$build" --enable-werror --enable-tests
	step tests make -s -C "$build" -j "$(nproc)" check TESTS=
	for part in ${chosen:-$soak_parts}; do
		step "soak-$part" "soak_$part"
		grep -E '^\.?([|]|[0-9.]+ (minutes|viewers|SSE)|[0-9]+ (passed|failed)|killed |all programs|power lost)' \
			"$build/logs/soak-$part.log" || :
	done
	[ "$failed" -eq 0 ] || exit 1
}
