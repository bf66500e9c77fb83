//! The files that the operator writes, by the documents.

use std::path::Path;

/// Addresses inside the namespace; nothing else is there.
pub(super) const MODKEEP: &str = "127.0.0.1:3000";
pub(super) const MODKEEP_NEXT: &str = "127.0.0.1:3001";
pub(super) const ADMIN: &str = "127.0.0.1:3009";
pub(super) const PRIVATE: &str = "127.0.0.1:8081";
pub(super) const PROMETHEUS: &str = "127.0.0.1:9090";

/// Where clients reach the server: through nginx, over TLS, below a path.
pub(super) const URL: &str = "https://localhost:8443/go";

pub(super) const OWN_DATABASE: &str = "sum.corp.example.com/2026";

/// What the configuration of the server depends on.
pub(super) struct Site<'s> {
    pub(super) data: &'s Path,
    pub(super) credentials: &'s Path,
    pub(super) upstream: &'s str,
    pub(super) sumdb: &'s str,
}

/// nginx: TLS and HTTP/2 for clients, below `/go/`; a password before the private upstream. The second
/// server of the group is the next process of an upgrade.
pub(super) fn nginx(base: &Path, private_upstream: &str) -> String {
    let base = base.display();
    format!(
        r#"daemon off;
worker_processes 1;
pid {base}/nginx.pid;
error_log {base}/nginx-error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {base}/nginx-body;
    proxy_temp_path {base}/nginx-proxy;
    fastcgi_temp_path {base}/nginx-fastcgi;
    uwsgi_temp_path {base}/nginx-uwsgi;
    scgi_temp_path {base}/nginx-scgi;
    upstream modkeep {{
        server {MODKEEP} max_fails=0;
        server {MODKEEP_NEXT} max_fails=0 backup;
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:8443 ssl http2;
        server_name localhost;
        ssl_certificate {base}/tls.pem;
        ssl_certificate_key {base}/tls.key;
        location /go/ {{
            proxy_pass http://modkeep/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_buffering off;
            proxy_read_timeout 120s;
        }}
    }}
    server {{
        listen {PRIVATE};
        location / {{
            auth_basic "modules";
            auth_basic_user_file {base}/private.users;
            proxy_pass {private_upstream};
        }}
    }}
}}
"#
    )
}

/// The server's own file.
pub(super) fn modkeep(site: &Site<'_>) -> String {
    let Site {
        data,
        credentials,
        upstream,
        sumdb,
    } = site;
    format!(
        r#"listen = ["{MODKEEP}"]
admin-listen = "{ADMIN}"
public-url = "{URL}"
trusted-proxies = ["127.0.0.1"]
data = "{}"
credentials = "{}"
upstream = ["{upstream}"]
sumdb = "{sumdb}"
verify = "required"
max-connections = 2000
private = ["corp.example.com"]
private-upstream = ["http://{PRIVATE}"]
own-sumdb = "{OWN_DATABASE}"
vulndb = "off"
log-format = "json"
"#,
        data.display(),
        credentials.display()
    )
}

/// Prometheus, with the alerts that the documents recommend.
pub(super) fn prometheus(alerts: &Path) -> String {
    format!(
        r#"global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: ["{}"]
scrape_configs:
  - job_name: modkeep
    scheme: https
    metrics_path: /go/metrics
    tls_config: {{ insecure_skip_verify: true }}
    static_configs: [{{ targets: ["localhost:8443"] }}]
"#,
        alerts.display()
    )
}
