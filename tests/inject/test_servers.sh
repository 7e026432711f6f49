#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Servers with a session on every function of theirs and of their shared objects, under load: their clients get what
# they get without. LONG=1 (make check-long).
. "$(dirname "$0")/../cli/tap.sh"

whole=$BUILD/tests/inject/whole
port=$((20000 + $$ % 10000))

long()
{
	[ -n "${LONG-}" ] || { skip 'only in make check-long'; return 1; }
}

until_ready()
{
	for _ in $(seq 1200); do
		"$1_ready" >/dev/null 2>&1 && return
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	not_ok "$1 never answers: $(tail -n 3 "$tmp/server")"
	return 1
}

# run_once NAME ANSWERS: NAME_start, which runs "$@", until NAME_load has printed what clients get
run_once()
{
	# shellcheck disable=SC2086 # what traces it
	"$1_start" $tracing >"$tmp/server" 2>"$tmp/err" &
	server=$!
	what="$tracing $1"
	until_ready "$1" && "$1_load" >"$2" 2>&1
	"$1_stop"
	wait "$server"
	got=$?
}

# served NAME [WHOLE'S OPTION...]
served()
{
	name=$1
	shift
	tracing=''
	run_once "$name" "$tmp/want"
	want=$got
	tracing="$whole $* --"
	run_once "$name" "$tmp/out"
	status "$want"
	[ -s "$tmp/want" ] || not_ok 'no answers'
	diff "$tmp/want" "$tmp/out" >"$tmp/diff" || not_ok "other answers: $(head -n 5 "$tmp/diff")"
	grep '^whole: ' "$tmp/err" | sed 's/^whole: /# /'
}

# -- redis --- (the package of its tools has the server, too, under this name; no daemon comes with them)

redis()
{
	redis-cli -s "$tmp/socket" "$@"
}

redis_start()
{
	ln -sf "$(command -v redis-check-rdb)" "$tmp/redis-server"
	"$@" "$tmp/redis-server" --port 0 --unixsocket "$tmp/socket" --save '' --dir "$tmp" --io-threads 2 \
		--enable-debug-command yes
}

redis_ready()
{
	redis ping
}

redis_load()
{
	redis config resetstat
	redis-benchmark -s "$tmp/socket" -q -n 3000 -c 20 -P 4 >"$tmp/rates" 2>&1 || echo failed
	seq 2000 | sed 's/.*/RPUSH l &\nSADD s &\nZADD z & m&\nHSET h f& &\nSETRANGE big &00 x/' | redis | tail -n 5
	redis eval 'local n = 0 for i = 1, 1000 do n = n + redis.call("LLEN", KEYS[1]) end return n' 1 l
	redis sort l by nosort limit 10 3
	redis bitcount big
	redis debug digest
	redis info commandstats | sed -n 's/:calls=\([0-9]*\),.*\(rejected\)/ \1 \2/p' | sort
}

redis_stop()
{
	redis shutdown nosave
}

t_servers_redis()
{
	long || return
	command -v redis-check-rdb >/dev/null || { skip 'no redis'; return; }
	served redis
}

# -- nginx --- (its package would start a daemon)

nginx_find()
{
	nginx=$(command -v nginx || echo /usr/sbin/nginx)
	[ -x "$nginx" ] && return
	(cd "$tmp" && apt-get download nginx && dpkg -x nginx_*.deb . ) >/dev/null 2>&1
	nginx=$tmp/usr/sbin/nginx
	[ -x "$nginx" ] && command -v ab >/dev/null
}

nginx_configure()
{
	mkdir -p "$tmp/www"
	seq 20000 >"$tmp/www/file"
	certificate
	cat >"$tmp/nginx.conf" <<-END
		daemon off;
		worker_processes 2;
		pid $tmp/pid;
		error_log $tmp/log;
		events { worker_connections 200; }
		http {
			access_log off;
			client_body_temp_path $tmp/body; proxy_temp_path $tmp/proxy; fastcgi_temp_path $tmp/fcgi;
			uwsgi_temp_path $tmp/uwsgi; scgi_temp_path $tmp/scgi;
			gzip on; gzip_types *; gzip_http_version 1.0;
			server {
				listen 127.0.0.1:$port;
				listen 127.0.0.1:$((port + 1)) ssl;
				ssl_certificate $tmp/cert.pem; ssl_certificate_key $tmp/key.pem;
				root $tmp/www;
				location /again { proxy_pass http://127.0.0.1:$port/file; }
				location ~ ^/(a+)b { return 200 "\$1"; }
			}
		}
	END
	[ "$(id -u)" != 0 ] || echo 'user root;' >>"$tmp/nginx.conf"
}

nginx_start()
{
	"$@" "$nginx" -c "$tmp/nginx.conf" -e "$tmp/log"
}

nginx_ready()
{
	ab -n 1 "http://127.0.0.1:$port/file"
}

nginx_load()
{
	for path in :$port/file :$port/again :$port/aaab :$port/none; do
		ab -q -n 2000 -c 10 -H 'Accept-Encoding: gzip' "http://127.0.0.1$path"
		ab -q -n 2000 -c 10 -k "http://127.0.0.1$path"
	done | grep -E '^(Document|Complete|Failed|Non-2xx|HTML)'
	ab -q -n 200 -c 5 "https://127.0.0.1:$((port + 1))/file" | grep -E '^(Document|Complete|Failed|Non-2xx|HTML|Total tr)'
	[ ! -s "$tmp/log" ] || grep -v 'No such file' "$tmp/log"
}

nginx_stop()
{
	kill -QUIT "$(cat "$tmp/pid")"
}

t_servers_nginx()
{
	long || return
	nginx_find || { skip 'no nginx, or no ab'; return; }
	nginx_configure
	served nginx --forks 1
}

# -- openssl ---

certificate()
{
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
}

tls_start()
{
	cd "$tmp" && "$@" openssl s_server -accept "127.0.0.1:$port" -cert cert.pem -key key.pem -WWW -naccept 5
}

tls_ready()
{
	grep ACCEPT "$tmp/server"
}

tls_load()
{
	for how in -tls1_3 '-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256' -tls1_2 '-tls1_2 -cipher AES128-SHA' \
		'-groups P-256'; do
		# shellcheck disable=SC2086
		printf 'GET /data HTTP/1.0\r\n\r\n' | $tracing openssl s_client -quiet -connect "127.0.0.1:$port" \
			-CAfile "$tmp/cert.pem" $how 2>"$tmp/client"
		echo " $how: $? $(grep -v '^whole: ' "$tmp/client")"
	done
	grep '^whole: .* %' "$tmp/client" >"$tmp/covered"
}

tls_stop()
{
	:	# after five clients
}

t_servers_tls()
{
	long || return
	head -c 300000 "$whole" | od >"$tmp/data"
	certificate
	served tls
	sed 's/^whole: /# client: /' "$tmp/covered"
}

tap_run "$@"
