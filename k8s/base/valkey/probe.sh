# Whether the login works and the server answers.
set -eu
test "$(REDISCLI_AUTH="$VALKEY_PASSWORD" "${VALKEY_CLI:-valkey-cli}" --no-auth-warning --user gatehouse ping)" = PONG
