#!/bin/sh
# Runs all measurements, one after the other, and writes their tables to bench/results. That takes long, 10 GB
# of disk for temporary files, and a machine of two cores that does nothing else. `bench/all.sh quick` runs
# everything small, to see that it works.
set -eu
cd "$(dirname "$0")/.."

small=10000 large=1000000 huge=10000000 rounds=15 starts=5 out=bench/results long=-long
if [ "${1-}" = quick ]; then
	small=1000 large=10000 huge=20000 rounds=1 starts=1 long=
	out=$(mktemp -d)
fi
mkdir -p "$out"

# table NAME COMMAND...: a table that is not finished does not replace the one of an earlier run.
table() {
	name=$1
	shift
	echo "== $name: $*" >&2
	{ echo "\$ $*" && "$@"; } >"$out/$name.new" && mv "$out/$name.new" "$out/$name.txt"
}

# CPU a query: beside the others; against the floor with as many records as it has; by size; and with
# plugins in front. Many short rounds: a virtual machine is faster in one minute than in the next.
compare="go run ./bench/compare -time 500ms"
table cpu_small $compare -n $small -rounds $rounds -servers floor,enumim-derived,enumim-distinct,enumim-zone,nsd,knot,bind
table cpu_large $compare -n $large -rounds $rounds
table cpu_floor $compare -n $large -rounds $((rounds * 3)) -single -servers floor,enumim-derived,enumim-distinct,enumim-zone
table cpu_size $compare -rounds $((rounds * 2)) \
	-servers enumim-derived@$small,enumim-derived@$large,enumim-derived@$huge,enumim-distinct@$small,enumim-distinct@$large,enumim-distinct@$huge
table cpu_size_sparse $compare -sparse -rounds $((rounds * 2)) \
	-servers enumim-derived@$small,enumim-derived@$large,enumim-derived@$huge
table cpu_plugins $compare -n $large -rounds $((rounds * 2)) \
	-servers floor,floor+errors,floor+errors+prometheus,enumim-derived,enumim-derived+errors,enumim-derived+errors+prometheus,enumim-derived+log,enumim-derived+cache

# What it costs to inspect what is forwarded.
table guard go run ./bench/guard -rounds $rounds

# Stores: PostgreSQL beside a file and beside PowerDNS; the others from one process.
table stores go run ./bench/stores -n $large -rounds $starts
table redis go test -run '^$' -bench . -count 3 ./backend/redis
table etcd go test -run '^$' -bench . -count 3 ./backend/etcd
table bolt go test -run '^$' -bench . -count 3 ./backend/bolt

# Memory. The others need 4 GB and more for the huge set.
table memory_large go run ./bench/memory -n $large -servers enumim-derived,enumim-distinct,enumim-zone,nsd,knot,bind
table memory_huge go run ./bench/memory -n $huge -servers enumim-derived,enumim-distinct
# The server that users have, with its numbers in files and stores; the stores take long.
table memory_files go test -run '^$' -bench Files -benchtime 1x ./bench/memory
table memory_stores go test -run '^$' -bench Stores -benchtime 1x -timeout 1h ./bench/memory
table memory_tcp go test -run '^$' -bench TCP -benchtime 1x ./bench/memory

# Loading, and changes under load.
table reload go run ./bench/reload -n $large -rounds $starts -servers enumim-derived,enumim-distinct,enumim-zone
table reload_small go run ./bench/reload -n $small -rounds $starts -servers enumim-derived,enumim-zone

# Go benchmarks.
table lookup go test -run '^$' -bench Lookup -count 3 ./backend/table $long
table handler go test -run '^$' -bench ServeDNS -count 3 .
echo "the tables are in $out" >&2
