#!/bin/sh
# Install what mpic needs, from Debian 12's packages only.
#
#   sh deploy/install-deps.sh [--all | --build | --runtime | --kafka] [--list | --missing]
#
#   --all      build, run and test (the default)
#   --build    build only
#   --runtime  what the installed programs load and read
#   --kafka    what deploy/kafka/local.sh and tests/chaos need: Java, Maven,
#              a client in Python; not in --all
#   --list     print the packages and install nothing
#   --missing  print those that are not there and install nothing
#
# Says nothing and touches nothing when all is there.  Services that come
# with the packages (nsd, knot, nginx) are neither started nor enabled.
set -eu

usage()
{
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d'
}

RUNTIME="librdkafka1 libevent-2.1-7 libunbound8 libldns3 libcurl4 libssl3
	libmsgpackc2 libjansson4 libconfuse2 libpsl5 libidn2-0 libpcre2-8-0
	libseccomp2 libsystemd0 dns-root-data publicsuffix ca-certificates"

BUILD="build-essential gcc cmake ninja-build pkg-config git ccache
	librdkafka-dev libevent-dev libunbound-dev nettle-dev libldns-dev
	libcurl4-openssl-dev libssl-dev libmsgpack-dev libjansson-dev
	libconfuse-dev uthash-dev libpsl-dev libidn2-dev libpcre2-dev
	libseccomp-dev libsystemd-dev linux-libc-dev check"

TEST="clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev
	llvm-14 nsd knot pebble ldnsutils bind9-dnsutils nginx-light
	kcat python3 python3-cryptography python3-jsonschema python3-msgpack
	python3-yaml openssl jq curl iproute2 procps
	util-linux"

KAFKA="openjdk-17-jre-headless maven openssl python3 python3-confluent-kafka
	python3-cryptography python3-msgpack iproute2"

want="$RUNTIME $BUILD $TEST"
only=
for arg in "$@"; do
	case $arg in
	--all) want="$RUNTIME $BUILD $TEST" ;;
	--build) want="$RUNTIME $BUILD" ;;
	--runtime) want=$RUNTIME ;;
	--kafka) want=$KAFKA ;;
	--list | --missing) only=$arg ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 64 ;;
	esac
done

if [ "$only" = --list ]; then
	printf '%s\n' $want
	exit 0
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "install-deps: this is not a Debian system; install the like of:" \
		$want >&2
	exit 69
fi

missing_of()
{
	have=" $(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null |
		awk '$2 == "installed" { print $1 }' | tr '\n' ' ') "
	for package in "$@"; do
		case $have in
		*" $package "*) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

missing=$(missing_of $want)
if [ "$only" = --missing ]; then
	printf '%s' "${missing:+$missing
}"
	exit 0
fi
if [ -z "$missing" ]; then
	exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
	as_root=
elif command -v sudo >/dev/null 2>&1 &&
	{ sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	as_root=sudo
else
	echo "install-deps: these packages are missing, and installing them" \
		"needs root or sudo:" >&2
	echo "  apt-get install --no-install-recommends $missing" >&2
	exit 77
fi

# While packages are unpacked a policy-rc.d forbids starting services; what
# stood there before comes back whatever happens.  One set aside by a run
# that was killed is the true one, and stays.
policy=/usr/sbin/policy-rc.d
saved=$policy.before-mpic

restore_policy()
{
	$as_root rm -f $policy
	if [ -e $saved ] || [ -L $saved ]; then
		$as_root mv $saved $policy
	fi
}

forbid_services()
{
	if [ ! -e $saved ] && [ ! -L $saved ] &&
		{ [ -e $policy ] || [ -L $policy ]; }; then
		$as_root mv $policy $saved
	fi
	trap restore_policy EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
}

apt()
{
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o Dpkg::Use-Pty=0 -o APT::Acquire::Retries=3 \
		-o DPkg::Lock::Timeout=300 "$@" </dev/null
}

log=$(mktemp)
echo "install-deps: installing $missing"
forbid_services
if ! { apt update && apt install -y --no-install-recommends $missing; } \
	>"$log" 2>&1; then
	tail -n 30 "$log" >&2
	echo "install-deps: apt-get failed; all of it is in $log" >&2
	exit 69
fi
rm -f "$log"

# Debian enables a service as it unpacks it, so that it would start at the
# next boot; only those that came just now are turned off again.
if command -v systemctl >/dev/null 2>&1; then
	for service in nsd knot nginx; do
		case " $missing" in
		*" $service"*)
			$as_root systemctl --quiet disable $service \
				>/dev/null 2>&1 || true ;;
		esac
	done
fi

missing=$(missing_of $want)
if [ -n "$missing" ]; then
	echo "install-deps: still missing: $missing" >&2
	exit 69
fi
