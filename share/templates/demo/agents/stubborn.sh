# Ignores what a person at the keyboard or a closing terminal would send.
trap '' INT QUIT TERM HUP
while :; do
	echo "I am in a $MOOD mood and shall not go"
	sleep 1
done
