# Prepares a task before its program starts: certificate, owners of directories, the first configuration.
# In: TLS_MODE, TLS_DIRECTORY, TLS_NAME, TLS_OWNER, PROXY_CONFIGURATION, OWNER, DIRECTORIES, SEED_DIRECTORY, SEED_FILE, SEED_CONTENT.
# Never: the network; a private key outside the task; a change where something was deployed already.
set -eu
umask 077

if [ "$TLS_MODE" != none ]; then
  cd "$TLS_DIRECTORY"
  # Nobody verifies this certificate (../service_tls says who verifies what), so no authority is asked and no key travels.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 825 \
    -subj "/CN=$TLS_NAME" -addext "subjectAltName=DNS:$TLS_NAME" -keyout tls.key -out tls.crt
  printf 'tls_server_config:\n  cert_file: tls.crt\n  key_file: tls.key\n  min_version: TLS12\n' > web.yml
  if [ "$TLS_MODE" = proxy ]; then
    mkdir -p proxy
    printf '%s' "$PROXY_CONFIGURATION" > nginx.conf
  fi
  chown -R "$TLS_OWNER" .
  chmod 0640 tls.key tls.crt web.yml
  chmod 0755 .
fi

for directory in $DIRECTORIES; do
  chown "$OWNER" "$directory"
done

if [ -n "$SEED_DIRECTORY" ] && [ ! -e "$SEED_DIRECTORY/current" ]; then
  umask 022
  mkdir -p "$SEED_DIRECTORY/generations/0-seed"
  # Written beside and renamed: another task may be doing the same.
  printf '%s' "$SEED_CONTENT" > "$SEED_DIRECTORY/generations/0-seed/.$SEED_FILE.$HOSTNAME"
  mv "$SEED_DIRECTORY/generations/0-seed/.$SEED_FILE.$HOSTNAME" "$SEED_DIRECTORY/generations/0-seed/$SEED_FILE"
  # A relative link, never replaced: whoever was first, or has deployed meanwhile, wins.
  ln -s generations/0-seed "$SEED_DIRECTORY/current" || [ -e "$SEED_DIRECTORY/current" ]
fi
