# Does its work.
while :; do
	date
	sleep 1
done
