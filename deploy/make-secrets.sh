#!/bin/sh
# Makes what the containers need to know and nobody else, once: ./deploy/make-secrets.sh
# What is there already is left as it is, so that it may be run again.
#
# The files are readable to all inside a folder that only you can enter: containers run as different users and get each
# file mounted by itself.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets/hub checkpoint-key
chmod 700 secrets
cd secrets
umask 022

write() { [ -s "$1" ] || { printf '%s\n' "$2" > "$1"; echo "made $1"; }; }
random() { openssl rand -hex 24; }

write postgres_password "$(random)"
for user in log_owner audit_owner marking transfer audit; do write "${user}_password" "$(random)"; done

url() { printf 'postgres://%s:%s@postgres:5432/%s' "$1" "$(cat "$2_password")" "$3"; }
write log_migration_url "$(url log_owner log_owner hub_export)"
write audit_migration_url "$(url audit_owner audit_owner hub_export_audit)"
write marking_database_url "$(url marking_service marking hub_export)"
write transfer_database_url "$(url transfer_service transfer hub_export)"
write audit_database_url "$(url audit_service audit hub_export_audit)"

if [ ! -s tls.crt ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout tls.key -out tls.crt 2> /dev/null
  # openssl makes keys readable to their owner alone; the folder is what guards this one.
  chmod 644 tls.key
  echo 'made tls.crt and tls.key: self-signed for localhost, for 90 days. Put your own in their place.'
fi
