"""Settings of the portal: one file, read from the environment with help on failure.

``.env.example`` lists every variable. Without any, the portal runs in the
embedded default: SQLite, a file queue and development keys under ``var/``.
"""

import os
from pathlib import Path

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from dualmgmt.keys import development_key

# Lets generic classes be written with their model, as in ModelForm[Member].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)
PRODUCTION = env.bool("PRODUCTION", default=False)


def required_key(name: str, development_name: str) -> str:
    """A secret from the environment; in development one is made on first use."""
    value = env.str(name, default="")
    if value:
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"Set {name} in the environment or in .env (see .env.example).")
    return development_key(VAR_DIR / "keys", development_name)


SECRET_KEY = required_key("SECRET_KEY", "secret")
# Newest first: values are written with the first key and read with any of them.
FIELD_KEYS = env.list("FIELD_KEYS", default=[]) or [required_key("FIELD_KEY", "field")]
# Look-up hashes survive the rotation of the field keys, so they have a key of their own.
LOOKUP_KEY = required_key("LOOKUP_KEY", "lookup")
# Of the hash chain over the audit log; changing it makes every older seal unreadable.
AUDIT_KEY = required_key("AUDIT_KEY", "audit")
AUDIT_SEAL_ROWS = 1000
AUDIT_SEAL_DELAY_SECONDS = env.int("AUDIT_SEAL_DELAY_SECONDS", default=30)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ADMIN_ENABLED = env.bool("ADMIN_ENABLED", default=not PRODUCTION)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "health_check",
    "rest_framework",
    "template_partials",
    "dualmgmt",
    "branches",
    "members",
    "projects",
    "evaluations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "dualmgmt.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dualmgmt.middleware.CapacityMiddleware",
    "dualmgmt.middleware.SignInFirstMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dualmgmt.signin.SignInPolicyMiddleware",
]

ROOT_URLCONF = "dualmgmt.urls"
WSGI_APPLICATION = "dualmgmt.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dualmgmt.context.portal",
            ],
        },
    },
]
FORM_RENDERER = "dualmgmt.lib.forms.PortalRenderer"

# Database: SQLite in a file unless DATABASE_URL names a PostgreSQL.
database_url = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"
DATABASES = {"default": env.db_url_config(database_url)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    # Immediate transactions and WAL: writers queue instead of failing with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache: rate limits live here, so every web process must share it.
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_entries"}}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db" if REDIS_URL else "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=14 * 24 * 3600)

# Jobs: a real worker in both ways to run; only the carrier differs.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 25 * 60
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
QUEUE_DIR = VAR_DIR / "queue"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # Longer than the hard time limit: a task must not be handed out again while it still runs.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 5,
    }
else:
    CELERY_BROKER_URL = "filequeue://localhost"
    CELERY_BROKER_TRANSPORT = "dualmgmt.filequeue:Transport"
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    CELERY_BROKER_TRANSPORT_OPTIONS = {"queue_dir": str(QUEUE_DIR)}

# Accounts
AUTH_USER_MODEL = "members.User"
AUTHENTICATION_BACKENDS = ["members.backends.PortalBackend"]
ACCOUNT_ADAPTER = "dualmgmt.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "dualmgmt.accounts.SignInForm",
    "change_password": "dualmgmt.accounts.NewPasswordForm",
}
# Failed sign-ins: per address, and per account until the quarter of an hour is over.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/15m/key"}
# Asked again for the password before reveals, downloads and changes of the sign-in (seconds).
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("REAUTHENTICATION_SECONDS", default=300)
MFA_ADAPTER = "dualmgmt.accounts.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "dualmgmt.accounts.SecondStepForm",
    "reauthenticate": "dualmgmt.accounts.SecondStepAgainForm",
    "activate_totp": "dualmgmt.accounts.AppForm",
    "add_webauthn": "dualmgmt.accounts.PasskeyForm",
    "edit_webauthn": "dualmgmt.accounts.PasskeyNameForm",
}
# A phone's clock may be half a minute off (RFC 6238, section 5.2).
MFA_TOTP_TOLERANCE = 1
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = env.str("PORTAL_NAME", default="") or "双管双责平台"
# MLPS level 3 for officers and administrators, gentler for members on their own phone (design §9).
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=True)
IDLE_MINUTES = {
    "administrator": env.int("IDLE_MINUTES_ADMINISTRATOR", default=15),
    "officer": env.int("IDLE_MINUTES_OFFICER", default=30),
}
ABSOLUTE_HOURS = env.int("ABSOLUTE_HOURS", default=8)
OFFICER_PASSWORD_LENGTH = env.int("OFFICER_PASSWORD_LENGTH", default=10)
OFFICER_PASSWORD_CLASSES = env.int("OFFICER_PASSWORD_CLASSES", default=3)
OFFICER_PASSWORD_DAYS = env.int("OFFICER_PASSWORD_DAYS", default=90)
PASSWORD_HISTORY = env.int("PASSWORD_HISTORY", default=5)
OFFICER_SESSIONS = env.int("OFFICER_SESSIONS", default=3)  # places at once; 0 does not count them
OFFICER_UNUSED_DAYS = env.int("OFFICER_UNUSED_DAYS", default=90)
SLIP_VALID_DAYS = env.int("SLIP_VALID_DAYS", default=14)
SLIP_ATTEMPTS = env.int("SLIP_ATTEMPTS", default=5)
# Signing in with an account elsewhere (dualmgmt/provider.py): offered where an id is set, at the addresses given.
SOCIALACCOUNT_ADAPTER = "dualmgmt.identities.IdentityAdapter"
SIGN_IN_PROVIDERS = {
    "wecom": {
        "id": env.str("WECOM_CORP_ID", default=""), "agent": env.str("WECOM_AGENT_ID", default=""),
        "secret": env.str("WECOM_SECRET", default=""),
        "login": env.str("WECOM_LOGIN_URL", default="https://login.work.weixin.qq.com/wwlogin/sso/login"),
        "in_app": env.str("WECOM_IN_APP_URL", default="https://open.weixin.qq.com/connect/oauth2/authorize"),
        "api": env.str("WECOM_API_URL", default="https://qyapi.weixin.qq.com/cgi-bin"),
    },
    "dingtalk": {
        "id": env.str("DINGTALK_CLIENT_ID", default=""), "secret": env.str("DINGTALK_SECRET", default=""),
        "login": env.str("DINGTALK_LOGIN_URL", default="https://login.dingtalk.com/oauth2/auth"),
        "api": env.str("DINGTALK_API_URL", default="https://api.dingtalk.com"),
    },
}  # fmt: skip
SIGN_IN_ADDRESSES = [one[k] for one in SIGN_IN_PROVIDERS.values() if one["id"] for k in ("login", "in_app") if k in one]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "todo"
ACCOUNT_LOGOUT_REDIRECT_URL = "front"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "members.passwords.OfficerPasswordValidator"},
]

# Language, place and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
# The country whose public holidays decide what a working day is; exceptions are rows.
WORKING_DAYS_COUNTRY = "CN"

# Static files: assets come from npm through an allow-list, never from a CDN.
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
if not PRODUCTION:
    STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns about a missing folder even where the finders serve
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dualmgmt.assets.PackageAssetFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "dualmgmt.assets.PortalStaticStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"  # never served directly: downloads go through a view that asks for permission
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

# Security
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", *SIGN_IN_ADDRESSES],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dualmgmt.views.errors.csrf_failure"
SILENCED_SYSTEM_CHECKS: list[str] = []
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if env.bool("BEHIND_PROXY", default=True):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        # Rate limits count the resident's address, not the proxy's.
        ALLAUTH_TRUSTED_PROXY_COUNT = 1

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min"},
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "dualmgmt.api_errors.handle",
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dual management, dual duty portal",
    "VERSION": "1",
    "SERVE_PUBLIC": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

# Words and limits that an office may change without touching code.
PORTAL_NAME = env.str("PORTAL_NAME", default="")
LETTER_VALID_DAYS = env.int("LETTER_VALID_DAYS", default=30)
LETTER_VALID_DAYS_MAX = 90
# Days before its last day that a paper letter not handed in is called to mind; days past it until a committee is asked.
LETTER_REMIND_DAYS = env.list("LETTER_REMIND_DAYS", cast=int, default=[7, 1])
LETTER_ESCALATE_DAYS = env.int("LETTER_ESCALATE_DAYS", default=15)
# How long the square code of a card on the phone is good; it is made anew at half that time.
CARD_CODE_SECONDS = env.int("CARD_CODE_SECONDS", default=120)
# A registration that is being left: working days to settle it, and how many days before that the receiver is reminded.
LEAVING_WORKING_DAYS = env.int("LEAVING_WORKING_DAYS", default=15)
LEAVING_REMIND_DAYS = env.int("LEAVING_REMIND_DAYS", default=5)
# Home units compiled in one transaction, and how long a worker may be silent before another takes over.
REPORT_CHUNK_UNITS = env.int("REPORT_CHUNK_UNITS", default=500)
REPORT_LEASE_SECONDS = env.int("REPORT_LEASE_SECONDS", default=60)
CLAIM_OPEN_CAP = env.int("CLAIM_OPEN_CAP", default=3)
IMPORT_MAX_BYTES = 10 * 1024 * 1024
IMPORT_MAX_ROWS = 100_000
# Rules of setting up branches (domain.md §4.7); an office may have others approved.
BRANCH_RULES = {
    "min_full": env.int("BRANCH_MIN_FULL", default=3),
    "max_members": env.int("BRANCH_MAX_MEMBERS", default=50),
    "committee": env.int("COMMITTEE_FROM", default=100),
    "branch_committee": env.int("BRANCH_COMMITTEE_FROM", default=7),
    "joint_units": env.int("JOINT_BRANCH_UNITS", default=5),
}
# Years of office: villages and communities, committees, all others.
TERM_YEARS = {
    "community": env.int("TERM_YEARS_COMMUNITY", default=5),
    "committee": env.int("TERM_YEARS_COMMITTEE", default=5),
    "other": env.int("TERM_YEARS", default=3),
}
RE_ELECTION_NOTICE_DAYS = env.int("RE_ELECTION_NOTICE_DAYS", default=90)
APPOINTMENT_NOTICE_DAYS = env.int("APPOINTMENT_NOTICE_DAYS", default=30)
# Personal data: how long a revealed field and a list stay open, how long a list waits for its second key.
REVEAL_SECONDS = env.int("REVEAL_SECONDS", default=60)
REVEAL_LIST_MINUTES = env.int("REVEAL_LIST_MINUTES", default=30)
REVEAL_LIST_MAX = env.int("REVEAL_LIST_MAX", default=2000)
REVEAL_VALID_DAYS = env.int("REVEAL_VALID_DAYS", default=3)
CORRECTION_WORKING_DAYS = env.int("CORRECTION_WORKING_DAYS", default=15)
# Days for which each kind of data is kept; 0 keeps it for ever. The audit log at least six months (law).
RETENTION_DAYS = {
    "RETAIN_AUDIT_DAYS": env.int("RETAIN_AUDIT_DAYS", default=3 * 365),
    "RETAIN_NOTICES_DAYS": env.int("RETAIN_NOTICES_DAYS", default=400),
    "RETAIN_JOBS_DAYS": env.int("RETAIN_JOBS_DAYS", default=90),
    "RETAIN_SESSIONS_DAYS": env.int("RETAIN_SESSIONS_DAYS", default=30),
    "RETAIN_DRAFTS_DAYS": env.int("RETAIN_DRAFTS_DAYS", default=30),
    "RETAIN_SLIPS_DAYS": env.int("RETAIN_SLIPS_DAYS", default=365),
    "RETAIN_CORRECTIONS_DAYS": env.int("RETAIN_CORRECTIONS_DAYS", default=365),
    "RETAIN_DISCLOSURES_DAYS": env.int("RETAIN_DISCLOSURES_DAYS", default=3 * 365),
    "RETAIN_FORMER_CONTACT_DAYS": env.int("RETAIN_FORMER_CONTACT_DAYS", default=3 * 365),
    "RETAIN_REPORTERS_DAYS": env.int("RETAIN_REPORTERS_DAYS", default=365),
}
# Lines of a register or roster that are printed at once.
PRINT_MAX_ROWS = env.int("PRINT_MAX_ROWS", default=2000)
DEMO = env.bool("DEMO", default=False)

# Logs: JSON in production, readable in development; never the locals of a traceback.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"portal": {"()": "dualmgmt.logs.formatter", "json": PRODUCTION}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "portal"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING")},
    "loggers": {"django_structlog": {"level": "INFO" if PRODUCTION else "WARNING"}},
}
