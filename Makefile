# 双管双责 · make run 启动，make test 测试；make help 列出全部。
# Variables for scripts: PORT, DATABASE_URL, REDIS_URL, PYTHON.

PY := .venv/bin/python
# Without a choice the first Python that is new enough.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
# The local services that `make check` tests on besides the embedded default. The test database is made and dropped.
CHECK_DATABASE_URL ?= $(if $(findstring postgres,$(DATABASE_URL)),$(DATABASE_URL),postgres://postgres@127.0.0.1:5432/dualmgmt_check)
CHECK_REDIS_URL ?= $(or $(REDIS_URL),redis://127.0.0.1:6379/9)
WORKERS ?= 2
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist loadgroup
STATIC := check-lint check-templates check-imports check-types check-migrations check-catalogue check-docs check-sizes check-deploy

.PHONY: help run setup setup-dev python test bench check check-static check-embedded check-services fix messages $(STATIC)
.DEFAULT_GOAL := help

help: ## 列出命令 / this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

python:
	@if [ -z "$(PYTHON)" ] || ! command -v "$(PYTHON)" >/dev/null 2>&1; then \
	  echo "✗ 未找到 Python 3.11 或更高版本。Debian、Ubuntu 上请运行：sudo apt install python3 python3-venv" >&2; \
	  echo "  Python 3.11 or newer was not found. On Debian or Ubuntu: sudo apt install python3 python3-venv" >&2; exit 1; fi

run: python ## 启动（首次自动安装并载入演示数据）/ start, with demo data the first time
	@$(PYTHON) deploy/setup.py
	@$(PY) manage.py run

setup: python ## 只准备环境和界面资源 / environment and assets only
	@$(PYTHON) deploy/setup.py --again
	@echo "✓ 环境已就绪。 The environment is ready."

setup-dev: python
	@$(PYTHON) deploy/setup.py --dev

test: setup-dev ## 全部测试（设了 DATABASE_URL、REDIS_URL 则用之）/ the whole suite
	@$(PYTEST) $(ARGS)

check: setup-dev ## 提交前检查，不改任何文件 / everything that must hold, changes nothing
	@$(MAKE) --no-print-directory -k check-static check-embedded check-services
	@echo "✓ 检查全部通过。 All checks passed."

bench: setup-dev ## 性能对比 / ratios to the floor taken in the same run
	@$(PY) -m benchmarks.claims
	@$(PY) -m benchmarks.archive

check-static: $(STATIC)

check-lint:
	@echo "— ruff"; $(PY) -m ruff check --quiet . && $(PY) -m ruff format --quiet --check .

check-templates:
	@echo "— djlint"; $(PY) -m djlint --quiet --lint templates

check-imports:
	@echo "— import contracts"; out=$$(.venv/bin/lint-imports 2>&1) || { echo "$$out"; exit 1; }

check-types:
	@echo "— mypy"; $(PY) -m mypy --no-error-summary

check-migrations:
	@echo "— missing migrations"; out=$$($(PY) manage.py makemigrations --check --dry-run 2>&1) || { echo "$$out"; exit 1; }

check-catalogue:
	@echo "— catalogue"; $(PY) manage.py check_catalogue

check-docs:
	@echo "— generated docs"; $(PY) manage.py make_docs --check && $(PY) -m tests.access.document --check

check-sizes:
	@echo "— sizes"; $(PY) manage.py check_sizes

# Throw-away values: only the settings are looked at, no service is reached.
check-deploy:
	@echo "— production settings"; PRODUCTION=1 ALLOWED_HOSTS=portal.example DATABASE_URL= REDIS_URL= \
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') \
	FIELD_KEYS=$$($(PY) -c 'from cryptography.fernet import Fernet as F; print(F.generate_key().decode())') \
	LOOKUP_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') \
	AUDIT_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') \
	$(PY) manage.py check --deploy --fail-level WARNING >/dev/null

check-embedded:
	@echo "— tests on SQLite"; env -u DATABASE_URL -u REDIS_URL $(PYTEST) -q $(ARGS)

check-services:
	@echo "— tests on PostgreSQL and Redis"; DATABASE_URL="$(CHECK_DATABASE_URL)" REDIS_URL="$(CHECK_REDIS_URL)" \
	$(PY) manage.py check_services && \
	DATABASE_URL="$(CHECK_DATABASE_URL)" REDIS_URL="$(CHECK_REDIS_URL)" $(PYTEST) -q $(ARGS)

fix: setup-dev ## 自动修复可修复的 / repair what a machine can repair
	@$(PY) -m ruff check --quiet --fix . || true
	@$(PY) -m ruff format --quiet .
	@$(PY) manage.py make_messages
	@$(PY) manage.py make_docs
	@$(PY) -m tests.access.document

messages: setup-dev ## 更新译文目录 / extract strings into the catalogue
	@$(PY) manage.py make_messages
