# Counts in steps of $STEP and remembers where it was.
n=$(cat counter.saved 2>/dev/null || echo 0)
trap 'echo "saving $n"; sleep 0.5; echo "$n" >counter.saved; exit 0' INT
while :; do
	n=$((n + STEP))
	echo "counted to $n"
	sleep 1
done
