"""Web server of the city installation. Each worker thread holds one database connection."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "4"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
# Workers are renewed now and then, not all at once.
max_requests = 5000
max_requests_jitter = 500
# Names and numbers of people must not stand in a log: no query string, no referrer.
access_log_format = '%(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'
accesslog = "-"
forwarded_allow_ips = os.environ.get("PROXY_ADDRESSES", "127.0.0.1")
