# Runs PostgreSQL and lets it outlive neither a stop nor the test process, however that one dies.
# $1: the cluster's directory; the rest: the server's command line. Stdin: a pipe that the test
# process holds open; its end of file, which the kernel sends even after SIGKILL, is the order to
# stop. Stdout: one line, the server's process id.
directory=$1
shift
exec 3<&0
"$@" </dev/null >"$directory/log" 2>&1 3<&- &
server=$!
echo "$server"
(
    read -r _ <&3
    : >"$directory/stopping"
    kill -INT "$server"
) >/dev/null 2>&1 &
watcher=$!
wait "$server"
if [ -e "$directory/stopping" ]; then
    rm -rf "$directory"
else
    kill "$watcher"
fi
