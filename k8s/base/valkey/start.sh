# Starts Valkey with one login, `gatehouse`: its own keys, one script, and what a client needs to connect. The default
# login is off. The password goes in over standard input: it is in no file and not in the list of processes.
set -eu
: "${VALKEY_PASSWORD:?is missing}"
folder=$(dirname "$0")
exec "${VALKEY_SERVER:-valkey-server}" "$folder/valkey.conf" --dir "${VALKEY_DATA:-/data}" "$@" - <<END
user default off
user gatehouse on >$VALKEY_PASSWORD resetchannels ~gatehouse:* -@all +ping +hello +auth +info +quit +time +client|setname +script|load +evalsha +hgetall +hset +pexpire
END
